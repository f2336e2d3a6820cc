//! Events by day, type and region: the expected result of every system.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use chrono::NaiveDate;
use postgres::Client;

/// A count over all events of `raw_events`.
pub(crate) const OF_RAW: &str = include_str!("sql/daily_of_raw.sql");
/// The contents of `daily_metrics`.
pub(crate) const OF_METRICS: &str = include_str!("sql/daily_metrics.sql");
/// The contents of `live_daily_metrics`.
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

/// Fails unless both are equal.
pub(crate) fn compare(what: &str, found: &Daily, expected: &Daily) -> Result<()> {
    ensure!(
        found == expected,
        "wrong numbers: {what} has {} events instead of {}; {} of {} groups differ",
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
    fn a_missing_event_and_one_in_another_group_are_failures() {
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
