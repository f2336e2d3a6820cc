//! Numbers, ages and times as people read them.

use super::{
    day::{Day, Micros, utc},
    span::Span,
};
use chrono::Datelike;

/// `1,234,567`, exact for every count.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `948`, `12.3k`, `4.05M`: three figures, for tiles and axes.
pub fn compact(number: f64) -> String {
    let size = number.abs();
    if size < 999.5 {
        return trimmed(
            number,
            if size < 10.0 && size.fract() != 0.0 {
                2
            } else {
                0
            },
        );
    }
    for (limit, divisor, suffix) in [
        (999.5e3, 1e3, "k"),
        (999.5e6, 1e6, "M"),
        (999.5e9, 1e9, "G"),
        (f64::MAX, 1e12, "T"),
    ] {
        if size < limit {
            let scaled = number / divisor;
            let figures = match scaled.abs() {
                size if size < 9.995 => 2,
                size if size < 99.95 => 1,
                _ => 0,
            };
            return trimmed(scaled, figures) + suffix;
        }
    }
    format!("{number:e}")
}

fn trimmed(number: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", number.abs());
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if number < 0.0 && text != "0" {
        format!("−{text}")
    } else {
        text.to_owned()
    }
}

/// `12,345`, `25.6`, `0.04`: a mean of counts, of which a small one has decimals, since zero would be wrong.
pub fn mean(mean: f64) -> String {
    let decimals = match mean.abs() {
        size if size >= 99.95 || size == 0.0 => return grouped(mean.round() as i64),
        size if size >= 9.995 => 1,
        size if size >= 0.095 => 2,
        // Two figures, however small.
        size => (1 - size.log10().floor() as i32).clamp(2, 12) as usize,
    };
    trimmed(mean, decimals)
}

/// `+3.4 %`, `−12 %`, `0 %`: one decimal below ten.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let size = value.abs();
    let text = if size < 9.95 {
        format!("{size:.1}")
    } else {
        format!("{size:.0}")
    };
    let sign = match text.as_str() {
        "0.0" => return "0 %".into(),
        _ if value < 0.0 => "−",
        _ => "+",
    };
    format!("{sign}{text} %")
}

/// `just now`, `41 s`, `1 min 35 s`, `12 min`, `2 h 5 min`, `4 days`.
pub fn age(micros: i64) -> String {
    match micros / 1_000_000 {
        ..=1 => "just now".into(),
        _ => duration(micros),
    }
}

/// `0 s`, `41 s`, `1 min 35 s`, `12 min`, `2 h 5 min`, `4 days`: the smaller unit is left out where it is less than a tenth.
pub fn duration(micros: i64) -> String {
    let seconds = (micros / 1_000_000).max(0);
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=599 => match (seconds / 60, seconds % 60) {
            (minutes, 0) => format!("{minutes} min"),
            (minutes, seconds) => format!("{minutes} min {seconds} s"),
        },
        600..=3599 => format!("{} min", seconds / 60),
        3600..=86_399 => match (seconds / 3600, seconds % 3600 / 60) {
            (hours, 0) => format!("{hours} h"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        },
        _ => match seconds / 86_400 {
            1 => "1 day".into(),
            days => format!("{days} days"),
        },
    }
}

/// `14:20:07`, in UTC.
pub fn clock(at: Micros) -> String {
    utc(at).map_or_else(|| "?".into(), |at| at.format("%H:%M:%S").to_string())
}

/// `14:20`, in UTC.
pub fn clock_short(at: Micros) -> String {
    utc(at).map_or_else(|| "?".into(), |at| at.format("%H:%M").to_string())
}

/// `2026-03-18 14:20:07`, in UTC.
pub fn stamp(at: Micros) -> String {
    utc(at).map_or_else(
        || "?".into(),
        |at| at.format("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// `2026-03-18 14:20`, in UTC.
pub fn stamp_short(at: Micros) -> String {
    utc(at).map_or_else(|| "?".into(), |at| at.format("%Y-%m-%d %H:%M").to_string())
}

/// `16 – 18 Mar 2026`, `19 Feb – 18 Mar 2026`, or with both years where they differ.
pub fn days(days: Span<Day>) -> String {
    let (a, b) = (days.first.date(), days.last.date());
    if days.first == days.last {
        days.first.long()
    } else if (a.year(), a.month()) == (b.year(), b.month()) {
        format!("{} – {}", a.day(), b.format("%-d %b %Y"))
    } else if a.year() == b.year() {
        format!("{} – {}", a.format("%-d %b"), b.format("%-d %b %Y"))
    } else {
        format!("{} – {}", a.format("%-d %b %Y"), b.format("%-d %b %Y"))
    }
}

/// `19 Feb – 17 Mar`, `5 – 31 Oct`: days without their year, where the days on screen tell it.
pub fn days_short(days: Span<Day>) -> String {
    let (a, b) = (days.first.date(), days.last.date());
    if days.first == days.last {
        days.first.short()
    } else if (a.year(), a.month()) == (b.year(), b.month()) {
        format!("{} – {}", a.day(), days.last.short())
    } else {
        format!("{} – {}", days.first.short(), days.last.short())
    }
}

/// `Mar`, `Jan 2026`: the month of a day, with the year where one begins.
pub fn month(day: Day) -> String {
    let date = day.date();
    let format = match date.month() {
        1 => "%b %Y",
        _ => "%b",
    };
    date.format(format).to_string()
}

/// `1 row`, `2 rows`.
pub fn count(number: i64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        grouped(number),
        if number == 1 { one } else { many }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouped_is_exact_beyond_what_a_double_holds() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(-1000), "−1,000");
        assert_eq!(grouped(9_007_199_254_740_993), "9,007,199,254,740,993");
        assert_eq!(grouped(i64::MIN), "−9,223,372,036,854,775,808");
    }

    #[test]
    fn compact_has_three_figures() {
        let cases = [
            (0.0, "0"),
            (0.5, "0.5"),
            (948.0, "948"),
            (999.6, "1k"),
            (1234.0, "1.23k"),
            (12_345.0, "12.3k"),
            (99_960.0, "100k"),
            (999_499.0, "999k"),
            (999_600.0, "1M"),
            (4_050_000.0, "4.05M"),
            (-2500.0, "−2.5k"),
            (3.2e12, "3.2T"),
        ];
        for (number, text) in cases {
            assert_eq!(compact(number), text, "{number}");
        }
    }

    #[test]
    fn a_small_mean_is_no_zero() {
        for (number, text) in [
            (0.0, "0"),
            (12_345.4, "12,345"),
            (99.97, "100"),
            (25.6, "25.6"),
            (25.64, "25.6"),
            (9.999, "10"),
            (0.177_7, "0.18"),
            (0.096, "0.1"),
            (0.042, "0.042"),
            (0.000_123_4, "0.00012"),
        ] {
            assert_eq!(mean(number), text, "{number}");
        }
    }

    #[test]
    fn percent_has_a_sign_unless_it_is_nothing() {
        assert_eq!(percent(0.034), "+3.4 %");
        assert_eq!(percent(-0.12), "−12 %");
        assert_eq!(percent(0.0001), "0 %");
    }

    #[test]
    fn ages_use_the_unit_that_fits() {
        let second = 1_000_000;
        for (seconds, text) in [
            (-5, "just now"),
            (1, "just now"),
            (41, "41 s"),
            (95, "1 min 35 s"),
            (180, "3 min"),
            (659, "10 min"),
            (7200, "2 h"),
            (7500, "2 h 5 min"),
            (90_000, "1 day"),
            (400_000, "4 days"),
        ] {
            assert_eq!(age(seconds * second), text);
        }
        assert_eq!(
            [0, 1, 95].map(|lag| duration(lag * second)),
            ["0 s", "1 s", "1 min 35 s"]
        );
    }

    #[test]
    fn spans_name_the_year_once_where_that_is_enough() {
        assert_eq!(
            days(Span::new(Day(20_503), Day(20_530))),
            "19 Feb – 18 Mar 2026"
        );
        assert_eq!(
            days(Span::new(Day(20_528), Day(20_530))),
            "16 – 18 Mar 2026"
        );
        assert_eq!(
            days(Span::new(Day(20_440), Day(20_530))),
            "18 Dec 2025 – 18 Mar 2026"
        );
        assert_eq!(days(Span::new(Day(20_530), Day(20_530))), "Wed 18 Mar 2026");
    }

    #[test]
    fn figures_change_where_rounding_does() {
        for (number, text) in [
            (-0.25, "−0.25"),
            (0.001, "0"),
            (999.4, "999"),
            (999.5, "1k"),
            (9_994.0, "9.99k"),
            (9_995.0, "10k"),
            (99_949.0, "99.9k"),
            (999_500.0, "1M"),
            (2e9, "2G"),
        ] {
            assert_eq!(compact(number), text, "{number}");
        }
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(100_000), "100,000");
        assert_eq!(percent(-0.034), "−3.4 %");
        assert_eq!(percent(0.5), "+50 %");
        assert_eq!(count(1, "row", "rows"), "1 row");
        assert_eq!(count(0, "row", "rows"), "0 rows");
        assert_eq!(count(1_234, "row", "rows"), "1,234 rows");
    }

    #[test]
    fn durations_change_their_unit_where_it_is_full() {
        for (seconds, text) in [
            (-5, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (599, "9 min 59 s"),
            (600, "10 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (86_399, "23 h 59 min"),
            (86_400, "1 day"),
            (172_799, "1 day"),
            (172_800, "2 days"),
        ] {
            assert_eq!(duration(seconds * 1_000_000), text);
        }
        assert_eq!(age(1_999_999), "just now");
        assert_eq!(age(2_000_000), "2 s");
    }

    #[test]
    fn instants_are_written_in_utc() {
        let at = Day(20_530).start() + (14 * 3600 + 20 * 60 + 7) * 1_000_000;
        assert_eq!(clock(at), "14:20:07");
        assert_eq!(clock_short(at), "14:20");
        assert_eq!(stamp(at), "2026-03-18 14:20:07");
        assert_eq!(stamp_short(at), "2026-03-18 14:20");
        assert_eq!(stamp(i64::MAX), "?");
    }

    #[test]
    fn days_without_a_year_and_of_two_years() {
        let span = |first, last| Span::new(Day(first), Day(last));
        assert_eq!(days_short(span(20_503, 20_530)), "19 Feb – 18 Mar");
        assert_eq!(days_short(span(20_528, 20_530)), "16 – 18 Mar");
        assert_eq!(days_short(span(20_530, 20_530)), "18 Mar");
        let year = span(20_165, 20_530);
        assert_eq!(days(year), "18 Mar 2025 – 18 Mar 2026");
        assert_eq!(days_short(year), "18 Mar – 18 Mar");
        assert_eq!(month(Day(20_454)), "Jan 2026");
        assert_eq!(month(Day(20_530)), "Mar");
    }
}
