//! Writes minutes directly into the tables of metrics, to simulate damage.

/// The statement that inserts minutes, packed by the hour, into `metric_deltas` or `minute_counts`. `rows` is a query, such as
/// `values (...)`, with the columns minute, event_type, region, events, late_events.
pub fn insert_minutes(table: &str, rows: &str) -> String {
    include_str!("insert_minutes.sql")
        .replace("ROWS", rows)
        .replace("TABLE", table)
}
