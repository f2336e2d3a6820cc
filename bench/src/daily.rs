//! Events by day, type and region: what every system must come to.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use chrono::NaiveDate;
use postgres::Client;

/// Counted over all events of a table.
pub(crate) const OF_RAW: &str = include_str!("sql/daily_of_raw.sql");
/// As a table of metrics has them.
pub(crate) const OF_METRICS: &str = include_str!("sql/daily_metrics.sql");
/// As they are at this instant.
pub(crate) const LIVE: &str = include_str!("sql/live_daily_metrics.sql");

/// Number of events by day, type and region.
pub(crate) type Daily = BTreeMap<(NaiveDate, String, String), i64>;

pub(crate) fn read(client: &mut Client, sql: &str) -> Result<Daily> {
    let rows = client.query(sql, &[])?;
    Ok(rows
        .iter()
        .map(|row| ((row.get(0), row.get(1), row.get(2)), row.get(3)))
        .collect())
}

/// Fails unless both are the same.
pub(crate) fn compare(what: &str, found: &Daily, expected: &Daily) -> Result<()> {
    ensure!(
        found == expected,
        "wrong numbers: {what} has {} events, {} are expected; {} of {} groups differ",
        found.values().sum::<i64>(),
        expected.values().sum::<i64>(),
        expected
            .iter()
            .filter(|(key, events)| found.get(*key) != Some(*events))
            .count(),
        expected.len(),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_too_few_or_in_another_group_is_a_failure() {
        let day = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
        let of = |groups: &[(&str, i64)]| -> Daily {
            groups
                .iter()
                .map(|(region, events)| ((day, "play".to_owned(), (*region).to_owned()), *events))
                .collect()
        };
        let expected = of(&[("eu", 2), ("us", 1)]);
        assert!(compare("t", &expected, &expected).is_ok());
        for wrong in [
            of(&[("eu", 2)]),
            of(&[("eu", 1), ("us", 2)]),
            of(&[("eu", 2), ("us", 1), ("in", 1)]),
        ] {
            assert!(compare("t", &wrong, &expected).is_err(), "{wrong:?}");
        }
    }
}
