//! The words of the reports on the pipeline and on rejects.

use super::pseudo::{say, says};
use crate::calendar::{Micros, format};

/// The figures of the pipeline.
pub(crate) fn pipeline_tiles() -> [&'static str; 5] {
    ["Lag", "Watermark", "Rate", "Not rolled up", "Last rollup"].map(say)
}

/// Which partition lags most, and the newest event of all, the longest form first.
pub(crate) fn slowest(partition: Option<i32>, newest: Option<Micros>) -> Vec<String> {
    let slowest = partition.map(|partition| format!("partition {partition}"));
    let newest = newest.map(|at| format!("newest event {} UTC", format::clock(at)));
    let both: Vec<String> = slowest.iter().chain(&newest).cloned().collect();
    let first = both.first().cloned();
    match first {
        Some(first) => [both.join(" · "), first, String::new()].map(says).into(),
        None => vec![says("no event yet".into()), String::new()],
    }
}

pub(crate) fn watermark_at(at: Micros) -> [String; 3] {
    [
        format!("at {} UTC", format::stamp(at)),
        format!("{} UTC", format::clock(at)),
        String::new(),
    ]
    .map(says)
}

/// How many partitions are active and idle.
pub(crate) fn partitions(active: usize, idle: usize) -> Vec<String> {
    [
        format!("{active} active, {idle} idle partitions"),
        format!("{active} active, {idle} idle"),
        String::new(),
    ]
    .map(says)
    .into()
}

/// `18 deltas`
pub(crate) fn deltas(count: i64) -> String {
    says(format::count(count, "delta", "deltas"))
}

/// What else waits: rows for the upsert, hours for listening.
pub(crate) fn waiting(staged: i64, hours: i64) -> Vec<String> {
    let staged = format::grouped(staged);
    let hours = format::count(hours, "hour", "hours");
    [
        format!("inbox {staged} · {hours} of listening not recounted yet"),
        format!("inbox {staged} · {hours} not recounted yet"),
        format!("inbox {staged}"),
        String::new(),
    ]
    .map(says)
    .into()
}

/// `just now`, `1 h 2 min ago`
pub(crate) fn ago(us: i64) -> String {
    says(match format::age(us) {
        now if now == "just now" => now,
        age => format!("{age} ago"),
    })
}

pub(crate) fn pipeline_tip(tile: usize) -> &'static str {
    say([
        "Of the active partition that lags most: how old its newest event is. Records that wait in Kafka are counted by musicstream-ingestor status",
        "Event time up to which all events are assumed to have arrived: the newest of the slowest active partition, less musicstream.lateness",
        "Offsets stored a second by all partitions, over the last minute that this was shown",
        "Deltas are in the numbers already; the next rollup folds them. The inbox has rows that no upsert has taken yet",
        "How long it took; the rollups that ended while this was shown are below",
    ][tile])
}

/// What the examples are of, and what of them cannot be seen.
pub(crate) fn examples(reason: Option<&str>, may_see_bytes: bool) -> String {
    let of = match reason {
        Some(reason) => format!("Newest examples of {reason}"),
        None => "Newest examples, all reasons. Click a reason to filter".into(),
    };
    let bytes = match may_see_bytes {
        true => "",
        false => " · input hidden: needs the role musicstream_read_rejected",
    };
    says(format!("{of}{bytes}"))
}

/// What the statement below does.
pub(crate) fn retry(reason: Option<&str>) -> String {
    says(match reason {
        Some(reason) => format!("After a fix, retry {reason} (as role musicstream_ingest):"),
        None => "After a fix, retry all (as role musicstream_ingest):".into(),
    })
}

pub(crate) fn all_reasons() -> [&'static str; 2] {
    ["All reasons", "Examples of all reasons"].map(say)
}

/// `By day: the 200,000 newest rows, since 2026-03-17 09:12 UTC`
pub(crate) fn newest_only((rows, from): (i64, Micros)) -> String {
    let (rows, from) = (format::grouped(rows), format::stamp_short(from));
    says(format!("By day: the {rows} newest rows, since {from} UTC"))
}

pub(crate) fn statement_copied() -> &'static str {
    say("statement copied")
}

/// The chart of rollups, and what it is of.
pub(crate) fn rollup_time() -> &'static str {
    say("Rollup time")
}

/// How many rollups ended, and when.
pub(crate) fn rollups_between(count: usize, first: Micros, last: Micros) -> String {
    let count = format::count(
        i64::try_from(count).unwrap_or(i64::MAX),
        "rollup",
        "rollups",
    );
    let [first, last] = [first, last].map(format::clock);
    says(format!("{count}, {first} – {last} UTC"))
}

/// The chart of rollups for screen readers.
pub(crate) fn rollups_spoken(between: &str, last: &str, longest: &str) -> String {
    says(format!(
        "Rollup time: {between}; last {last}, longest {longest}"
    ))
}
