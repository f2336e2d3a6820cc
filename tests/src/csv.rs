//! CSV files of events that differ only in their ids.

/// The columns that every event has.
pub const HEADER: &str = "event_id,user_id,event_type,region,ts\n";

/// A row of 64 bytes for each id.
pub fn rows(ids: impl IntoIterator<Item = u32>) -> String {
    ids.into_iter()
        .map(|id| format!("{id:032x},u,play,eu,2026-03-01T10:00:00Z\n"))
        .collect()
}

/// A file with a row for each id.
pub fn file(ids: impl IntoIterator<Item = u32>) -> String {
    format!("{HEADER}{}", rows(ids))
}
