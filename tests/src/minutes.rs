//! Minutes that a test puts into the metrics behind the extension's back.

/// The statement that puts minutes into `metric_deltas` or `minute_counts`, packed by the hour. `rows` is a query, such as
/// `values (...)`, whose columns are minute, event_type, region, events, late_events.
pub fn insert_minutes(table: &str, rows: &str) -> String {
    include_str!("insert_minutes.sql")
        .replace("ROWS", rows)
        .replace("TABLE", table)
}
