//! Quantities that are no counts: hours, rates, durations.

use super::{
    day::{Micros, utc},
    format,
};

/// Microseconds in an hour.
pub const HOUR_US: i64 = 3_600_000_000;
/// A whole, in millionths.
pub const WHOLE: i64 = 1_000_000;

/// Part of a whole in millionths, rounded to the nearest; half a millionth rounds up, as in SQL.
pub fn rate(part: i64, whole: i64) -> Option<i64> {
    if whole <= 0 {
        return None;
    }
    let doubled = 2 * i128::from(part) * i128::from(WHOLE) + i128::from(whole);
    i64::try_from(doubled.div_euclid(2 * i128::from(whole))).ok()
}

/// `9.57`, `1,235`: hours from microseconds, with two decimals below ten.
pub fn hours(us: i64) -> String {
    if us >= 10 * HOUR_US {
        return format::grouped(us.saturating_add(HOUR_US / 2) / HOUR_US);
    }
    let hundredths =
        (i128::from(us) * 200 + i128::from(HOUR_US)).div_euclid(2 * i128::from(HOUR_US));
    let whole = format::grouped((hundredths / 100) as i64);
    format!("{whole}.{:02}", hundredths % 100)
}

/// `24.3 %`, from millionths.
pub fn percentage(millionths: i64) -> String {
    let tenths = (millionths + 500).div_euclid(1000);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Millionths as a number with six decimals, as SQL writes it.
pub fn decimal(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let size = millionths.unsigned_abs();
    format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000)
}

/// `4.2 ms`, `1.3 s`
pub fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0),
    }
}

/// `2026-03-18T14:20:07.123456Z`
pub fn iso_stamp(at: Micros) -> String {
    utc(at).map_or_else(String::new, |at| {
        at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_rounded_once_and_never_divides_by_zero() {
        assert_eq!(rate(1, 3), Some(333_333));
        assert_eq!(rate(2, 3), Some(666_667));
        assert_eq!(rate(1, 2_000_000), Some(1), "half a millionth");
        assert_eq!(rate(0, 0), None);
        assert_eq!(rate(i64::MAX, i64::MAX), Some(WHOLE));
    }

    #[test]
    fn quantities_are_written_in_full() {
        assert_eq!(hours(0), "0.00");
        assert_eq!(hours(HOUR_US * 9 + HOUR_US / 200), "9.01");
        assert_eq!(hours(HOUR_US * 1234 + HOUR_US / 2), "1,235");
        assert_eq!(hours(i64::MAX), "2,562,047,788");
        assert_eq!(percentage(243_499), "24.3 %");
        assert_eq!(percentage(243_500), "24.4 %");
        assert_eq!(percentage(WHOLE), "100.0 %");
        assert_eq!(decimal(-1), "-0.000001");
        assert_eq!(decimal(0), "0.000000");
        assert_eq!(decimal(180_500_000), "180.500000");
        assert_eq!(milliseconds(4.21), "4.2 ms");
        assert_eq!(milliseconds(1300.0), "1.3 s");
        assert_eq!(
            iso_stamp(20_530 * 86_400_000_000 + 1),
            "2026-03-18T00:00:00.000001Z"
        );
    }

    #[test]
    fn quantities_are_rounded_at_the_half() {
        assert_eq!(rate(1, 2_000_001), Some(0), "less than half a millionth");
        assert_eq!(rate(-1, 3), Some(-333_333));
        assert_eq!(rate(1, -1), None);
        assert_eq!(hours(HOUR_US / 200), "0.01");
        assert_eq!(hours(HOUR_US / 200 - 1), "0.00");
        assert_eq!(hours(HOUR_US * 10 - 1), "10.00");
        assert_eq!(hours(HOUR_US * 10), "10");
        assert_eq!(hours(HOUR_US * 11 - HOUR_US / 2 - 1), "10");
        assert_eq!(percentage(499), "0.0 %");
        assert_eq!(percentage(500), "0.1 %");
        assert_eq!(decimal(-1_500_000), "-1.500000");
        assert_eq!(milliseconds(10.0), "10 ms");
        assert_eq!(milliseconds(999.4), "999 ms");
        assert_eq!(milliseconds(1000.0), "1.0 s");
        assert_eq!(iso_stamp(i64::MAX), "");
    }
}
