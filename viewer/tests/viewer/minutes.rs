//! Minutes that a test puts into the metrics behind the extension's back.

/// The statement that puts minutes into `metric_deltas` or `minute_counts`, packed by the hour. `rows` is a query, such as
/// `values (...)`, whose columns are minute, event_type, region, events, late_events.
pub(crate) fn insert_minutes(table: &str, rows: &str) -> String {
    format!(
        "insert into {table} (hour, event_type, region, events, late_events, minutes)
         select date_bin('1 hour', minute, 'epoch'), event_type, region, sum(events), sum(late_events),
             musicstream_pack(minute, events, late_events)
         from ({rows}) as m (minute, event_type, region, events, late_events)
         group by 1, 2, 3"
    )
}
