//! Invariants that must hold in every database.

use std::time::{Duration, Instant};

use postgres::Client;

use crate::count::Counts;
use crate::database::value;
use crate::process::Summary;
use crate::stored::event_count;

/// Differences between metrics and events in both directions, as multisets, one row each. One statement has one snapshot.
const DIFFERENCES: &str = include_str!("differences.sql");

/// Reasons for which musicstream_status and rejected_events differ in number. One statement has one snapshot.
const MISCOUNTED_REJECTS: &str = include_str!("miscounted_rejects.sql");

/// Checks that the metrics, including pending deltas, equal a count over the events: by `musicstream_verify()` and by an
/// independent comparison. Checks the counts of rejects as well.
///
/// # Panics
/// There is a difference.
pub fn assert_metrics_equal_raw(client: &mut Client) {
    let own: Vec<String> = rows(
        client,
        "select to_jsonb(v)::text from musicstream_verify() as v limit 20",
    );
    assert!(own.is_empty(), "musicstream_verify() found: {own:#?}");
    let difference = differences(client);
    assert!(
        difference.is_empty(),
        "metrics and raw_events differ: {difference:#?}"
    );
    let impossible = rows(
        client,
        "select to_jsonb(m)::text from live_daily_metrics as m where late_events not between 0 and events",
    );
    assert!(
        impossible.is_empty(),
        "late_events is not between 0 and events: {impossible:#?}"
    );
    let twice: i64 = value(
        client,
        "select count(*) - count(distinct event_id) from raw_events",
        &[],
    );
    assert_eq!(twice, 0, "event_ids are stored more than once");
    let miscounted = rows(client, MISCOUNTED_REJECTS);
    assert!(
        miscounted.is_empty(),
        "stored and counted rejects differ: {miscounted:#?}"
    );
}

fn differences(client: &mut Client) -> Vec<String> {
    // live_minute_metrics generates all minutes from the first event to the last, which takes seconds for decades;
    // minute_metrics_between() has the same rows.
    let spans_years =
        "select coalesce(max(hour) - min(hour) > interval '1000 days', false) from hourly_metrics";
    if value(client, spans_years, &[]) {
        let between = "minute_metrics_between('-infinity', 'infinity')";
        return rows(client, &DIFFERENCES.replace("live_minute_metrics", between));
    }
    rows(client, DIFFERENCES)
}

/// Checks that the daily metrics are exactly these counts: before a rollup, after it, and in the table itself.
///
/// # Panics
/// They differ.
pub fn assert_counts(client: &mut Client, expected: &Counts) {
    assert_metrics_equal_raw(client);
    assert_same(
        &counts_in(client, "live_daily_metrics"),
        expected,
        "live_daily_metrics",
    );
    roll_up(client);
    assert_metrics_equal_raw(client);
    for table in ["live_daily_metrics", "daily_metrics"] {
        assert_same(&counts_in(client, table), expected, table);
    }
}

fn assert_same(found: &Counts, expected: &Counts, name: &str) {
    let missing: Vec<_> = expected
        .iter()
        .filter(|(group, events)| found.get(group) != Some(events))
        .take(20)
        .collect();
    let surplus: Vec<_> = found
        .iter()
        .filter(|(group, events)| expected.get(group) != Some(events))
        .take(20)
        .collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "{name}: expected, but not found: {missing:#?}; found, but not expected: {surplus:#?}"
    );
}

/// The daily counts in a table or view.
///
/// # Panics
/// A group occurs twice.
pub fn counts_in(client: &mut Client, relation: &str) -> Counts {
    let mut counts = Counts::new();
    let sql = format!("select day::text, event_type, region, events from {relation}");
    for row in client.query(&sql, &[]).unwrap() {
        let before = counts.insert((row.get(0), row.get(1), row.get(2)), row.get(3));
        assert_eq!(before, None, "{relation} contains a group twice");
    }
    counts
}

/// Folds all pending deltas. Nothing else may write.
///
/// # Panics
/// The rollup fails, or leaves deltas.
pub fn roll_up(client: &mut Client) {
    client.execute("select musicstream_rollup()", &[]).unwrap();
    let pending: i64 = value(
        client,
        "select count(*) from musicstream_internal.metric_deltas",
        &[],
    );
    assert_eq!(pending, 0, "deltas are left after a rollup");
}

/// Checks that the stored events and rejects add up to the summaries of the runs.
///
/// # Panics
/// They do not.
pub fn assert_stored(client: &mut Client, total: Summary) {
    let stored = event_count(client);
    assert_eq!(
        stored, total.inserted,
        "stored events, compared with {total:?}"
    );
    let conflicting = "select count(*) from rejected_events where reason = 'conflicting_duplicate'";
    assert_eq!(
        value::<i64>(client, conflicting, &[]),
        total.conflicting,
        "stored conflicts, compared with {total:?}"
    );
    let rejected = "select count(*) from rejected_events where reason <> 'conflicting_duplicate'";
    assert_eq!(
        value::<i64>(client, rejected, &[]),
        total.rejected,
        "stored rejects, compared with {total:?}"
    );
}

/// The next offset of each partition of the only source.
///
/// # Panics
/// There are several sources, or a partition has stored nothing.
pub fn next_offsets(client: &mut Client) -> Vec<i64> {
    let sources: i64 = value(
        client,
        "select count(distinct source) from ingest_offsets",
        &[],
    );
    assert_eq!(sources, 1, "sources");
    let rows = client
        .query(
            "select next_offset from ingest_offsets order by partition",
            &[],
        )
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn rows(client: &mut Client, sql: &str) -> Vec<String> {
    let started = Instant::now();
    let rows = client
        .query(sql, &[])
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    assert!(
        started.elapsed() < Duration::from_secs(120),
        "took too long: {sql}"
    );
    rows.iter().map(|row| row.get(0)).collect()
}
