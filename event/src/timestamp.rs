//! Parses times: RFC 3339 and relaxed forms of it. Written by hand because it runs once per event.

pub(crate) const MICROS_PER_SECOND: i64 = 1_000_000;
/// 0001-01-01T00:00:00Z, the first valid time.
pub(crate) const MIN_MICROS: i64 = -62_135_596_800 * MICROS_PER_SECOND;
/// 9999-12-31T23:59:59.999999Z, the last valid time.
pub(crate) const MAX_MICROS: i64 = 253_402_300_800 * MICROS_PER_SECOND - 1;

/// Microseconds since 1970-01-01 UTC; `None` if the text is not a valid time.
///
/// `YYYY-MM-DD`, then `T`, `t` or one blank, then `HH:MM:SS`, then optionally a fraction of any
/// length (cut, not rounded, to microseconds), then optionally `Z`, `z`, or `+HH:MM`, `+HHMM`,
/// `+HH` (as Postgres writes it), or the same with `-` (absent: UTC; hours to 23, minutes to 59).
/// Second 60 is valid only where UTC can have a leap second, at 23:59:60 UTC. It becomes the last
/// microsecond of that minute, so that the event stays on its day. The time must lie in the years
/// 0001 to 9999 of UTC.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (head, rest) = bytes.split_first_chunk::<19>()?;
    if head[4] != b'-' || head[7] != b'-' || head[13] != b':' || head[16] != b':' {
        return None;
    }
    if !matches!(head[10], b'T' | b't' | b' ') {
        return None;
    }
    let year = two(head[0], head[1])? * 100 + two(head[2], head[3])?;
    let month = two(head[5], head[6])?;
    let day = two(head[8], head[9])?;
    let hour = two(head[11], head[12])?;
    let minute = two(head[14], head[15])?;
    let second = two(head[17], head[18])?;
    if year == 0 || !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (micros, rest) = fraction(rest)?;
    let offset_seconds = offset(rest)?;
    let minute_start = days_since_epoch(year, month, day) * 86_400
        + i64::from(hour * 3600 + minute * 60)
        - offset_seconds;
    let instant = if second == 60 {
        if minute_start.rem_euclid(86_400) != 86_340 {
            return None;
        }
        (minute_start + 60) * MICROS_PER_SECOND - 1
    } else {
        (minute_start + i64::from(second)) * MICROS_PER_SECOND + micros
    };
    is_in_range(instant).then_some(instant)
}

/// Whether a time lies in the years 0001 to 9999.
pub(crate) fn is_in_range(micros: i64) -> bool {
    (MIN_MICROS..=MAX_MICROS).contains(&micros)
}

/// Microseconds from epoch milliseconds, or `None` outside the years 0001 to 9999.
pub(crate) fn from_millis(millis: i64) -> Option<i64> {
    let micros = millis.checked_mul(1000)?;
    is_in_range(micros).then_some(micros)
}

fn two(tens: u8, ones: u8) -> Option<u32> {
    let tens = tens.wrapping_sub(b'0');
    let ones = ones.wrapping_sub(b'0');
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// The microseconds of an optional fraction, and the rest of the text.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', digits)) = rest.split_first() else {
        return Some((0, rest));
    };
    let length = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if length == 0 {
        return None;
    }
    let kept = digits[..length]
        .iter()
        .chain(std::iter::repeat(&b'0'))
        .take(6);
    let micros = kept.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0'));
    Some((micros, &digits[length..]))
}

fn offset(rest: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match rest {
        [] | [b'Z' | b'z'] => return Some(0),
        [sign, h1, h2] => (sign, two(*h1, *h2)?, 0),
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => {
            (sign, two(*h1, *h2)?, two(*m1, *m2)?)
        }
        _ => return None,
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i64::from(hours * 3600 + minutes * 60);
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar. The year is counted from March, so
/// that the leap day is its last day and month lengths follow one formula.
fn days_since_epoch(year: u32, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
    i64::from(days) - 719_468
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn assert_same_as_rfc3339(text: &str) {
        let expected = DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_micros();
        assert_eq!(parse(text), Some(expected), "{text}");
    }

    #[test]
    fn valid_forms_are_parsed() {
        assert_same_as_rfc3339("2026-03-01T12:34:56Z");
        assert_same_as_rfc3339("2026-03-01T12:34:56.789Z");
        assert_same_as_rfc3339("2026-03-01T12:34:56.123456+05:30");
        assert_same_as_rfc3339("1969-12-31T23:59:59.999999-23:59");
        assert_same_as_rfc3339("2000-02-29t00:00:00z");
        let noon = parse("2026-03-01T12:00:00Z");
        assert!(noon.is_some());
        assert_eq!(parse("2026-03-01 12:00:00"), noon);
        assert_eq!(parse("2026-03-01T12:00:00"), noon);
        assert_eq!(parse("2026-03-01T12:00:00.0000000000000000000000009"), noon);
        assert_eq!(parse("2026-03-01T12:00:00-00:00"), noon);
        for text in [
            "2026-03-01 12:00:00+00",
            "2026-03-01 17:30:00+05:30",
            "2026-03-01 17:30:00.000000+0530",
            "2026-03-01T04:00:00-08",
        ] {
            assert_eq!(parse(text), noon, "{text}");
        }
    }

    #[test]
    fn fractions_are_cut_to_microseconds() {
        let base = parse("2026-03-01T12:00:00Z").unwrap();
        assert_eq!(parse("2026-03-01T12:00:00.1"), Some(base + 100_000));
        assert_eq!(
            parse("2026-03-01T12:00:00.1234569999"),
            Some(base + 123_456)
        );
        assert_eq!(
            parse("1960-01-01T00:00:00.9999999Z"),
            parse("1960-01-01T00:00:00.999999Z")
        );
    }

    #[test]
    fn leap_second_stays_on_its_day() {
        let last = parse("2016-12-31T23:59:59.999999Z");
        assert!(last.is_some());
        assert_eq!(parse("2016-12-31T23:59:60Z"), last);
        assert_eq!(parse("2016-12-31T23:59:60.5Z"), last);
        assert_eq!(parse("2017-01-01T05:29:60+05:30"), last);
        assert_eq!(parse("2016-12-31T22:59:60Z"), None);
        assert_eq!(parse("2016-12-31T23:59:61Z"), None);
    }

    #[test]
    fn times_are_limited_to_the_years_1_to_9999() {
        assert_eq!(parse("0001-01-01T00:00:00Z"), Some(MIN_MICROS));
        assert_eq!(parse("9999-12-31T23:59:59.999999Z"), Some(MAX_MICROS));
        assert_eq!(parse("0000-12-31T23:59:59Z"), None);
        assert_eq!(parse("0001-01-01T00:00:00+00:01"), None);
        assert_eq!(parse("9999-12-31T23:59:59-00:01"), None);
        assert_eq!(from_millis(MAX_MICROS / 1000), Some(MAX_MICROS - 999));
        assert_eq!(from_millis(MAX_MICROS / 1000 + 1), None);
        assert_eq!(from_millis(i64::MAX), None);
        assert_eq!(from_millis(i64::MIN), None);
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "now",
            "infinity",
            "-infinity",
            "today",
            "2026-03-01",
            "2026-03-01T12:00",
            "2026-3-1T12:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T12:60:00Z",
            "2026-02-29T12:00:00Z",
            "1900-02-29T12:00:00Z",
            "2026-00-01T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-01-00T12:00:00Z",
            "2026-04-31T12:00:00Z",
            "2026-03-01T12:00:00.Z",
            "2026-03-01T12:00:00,5Z",
            "2026-03-01T12:00:00 Z",
            "2026-03-01T12:00:00+5",
            "2026-03-01T12:00:00+053",
            "2026-03-01T12:00:00+05:3",
            "2026-03-01T12:00:00+05:",
            "2026-03-01T12:00:00+24",
            "2026-03-01T12:00:00+0560",
            "2026-03-01T12:00:00+24:00",
            "2026-03-01T12:00:00+05:60",
            "2026-03-01T12:00:00+05:30:00",
            "2026-03-01T12:00:00 +05",
            "2026-03-01T12:00:00*0530",
            "2026-03-01 12:00:00+00 BC",
            "2026-03-01T12:00:00Zx",
            " 2026-03-01T12:00:00Z",
            "2026-03-01  12:00:00Z",
            "2026-03-01_12:00:00Z",
            "+026-03-01T12:00:00Z",
            "12026-03-01T12:00:00Z",
            "2026-03-01T12:00:00\u{2212}05:00",
            "２026-03-01T12:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn days_of_four_centuries_agree_with_chrono() {
        let mut day = Utc.with_ymd_and_hms(1799, 12, 1, 0, 0, 0).unwrap();
        while day < Utc.with_ymd_and_hms(2201, 1, 1, 0, 0, 0).unwrap() {
            let text = day.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            assert_eq!(parse(&text), Some(day.timestamp_micros()), "{text}");
            day += chrono::Duration::days(1);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_chrono(micros in MIN_MICROS..=MAX_MICROS, offset in -86_340i32..=86_340, digits in 0usize..10) {
            let zone = chrono::FixedOffset::east_opt(offset / 60 * 60).unwrap();
            let time = DateTime::from_timestamp_micros(micros).unwrap().with_timezone(&zone);
            let text = match digits {
                0 => time.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
                _ => time.format("%Y-%m-%dT%H:%M:%S%.6f%:z").to_string(),
            };
            prop_assume!(text.len() >= 25 && text.as_bytes()[0].is_ascii_digit() && text.as_bytes()[4] == b'-' && !text.starts_with("0000"));
            let expected = if digits == 0 { micros.div_euclid(1_000_000) * 1_000_000 } else { micros };
            prop_assert_eq!(parse(&text), Some(expected));
        }

        #[test]
        fn zoneless_agrees_with_chrono(micros in MIN_MICROS..=MAX_MICROS) {
            let text = DateTime::from_timestamp_micros(micros).unwrap().naive_utc().format("%Y-%m-%d %H:%M:%S%.6f").to_string();
            let oracle = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f").unwrap();
            prop_assert_eq!(parse(&text), Some(oracle.and_utc().timestamp_micros()));
        }

        #[test]
        fn near_misses_agree_with_chrono(text in "[0-2][0-9]{3}-[0-1][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-5][0-9](\\.[0-9]{0,12})?(Z|z|[+-][0-2][0-9]:[0-6][0-9])") {
            let ours = parse(&text);
            let oracle = DateTime::parse_from_rfc3339(&text).ok()
                .map(|time| time.timestamp_micros())
                .filter(|micros| (MIN_MICROS..=MAX_MICROS).contains(micros) && !text.starts_with("0000"));
            prop_assert_eq!(ours, oracle, "{}", text);
        }

        #[test]
        fn short_offsets_equal_offsets_with_a_colon(time in "20[0-9]{2}-0[1-9]-[0-2][1-9][T ][0-1][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?", sign in "[+-]", hours in 0..30u32, minutes in 0..70u32) {
            let long = parse(&format!("{time}{sign}{hours:02}:{minutes:02}"));
            prop_assert_eq!(parse(&format!("{time}{sign}{hours:02}{minutes:02}")), long);
            prop_assert_eq!(parse(&format!("{time}{sign}{hours:02}")), parse(&format!("{time}{sign}{hours:02}:00")));
        }

        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
