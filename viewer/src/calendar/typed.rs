//! Days as people type them.

use super::{day::Day, span::Span};
use chrono::{Datelike, NaiveDate};

/// Reads a day as people type it: `2026-03-18`, `18.3.2026`, `18 Mar 2026`, `today`, `yesterday`, `-7` (days ago).
pub fn typed_day(text: &str, today: Day) -> Option<Day> {
    let text = text.trim();
    let back = match text.to_lowercase().as_str() {
        "today" => Some(0),
        "yesterday" => Some(-1),
        other => other
            .strip_prefix(['-', '−'])
            .and_then(|days| days.parse::<u16>().ok())
            .map(|days| -i32::from(days)),
    };
    if let Some(back) = back {
        return Some(today.plus(back));
    }
    ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y"]
        .into_iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
        .filter(|date| (1970..=9999).contains(&date.year()))
        .map(Day::from_date)
}

/// Reads the days from one to another: `2026-03-01 – 2026-03-18`, with `to`, `..` or a blank between them too.
pub fn typed_span(text: &str, today: Day) -> Option<Span<Day>> {
    [" – ", "–", "..", " to ", ", ", " - ", " "]
        .into_iter()
        .find_map(|between| {
            let (first, last) = text.trim().split_once(between)?;
            Some(Span::new(typed_day(first, today)?, typed_day(last, today)?))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_understood_as_people_type_them() {
        let today = Day(20_530);
        for text in [
            "2026-03-18",
            " 18 Mar 2026 ",
            "18.03.2026",
            "18 march 2026",
            "today",
            "2026/3/18",
        ] {
            assert_eq!(typed_day(text, today), Some(today), "{text}");
        }
        assert_eq!(typed_day("-7", today), Some(Day(20_523)));
        for text in [
            "",
            "2026-02-30",
            "18",
            "tomorrow",
            "99999-01-01",
            "0026-03-18",
        ] {
            assert_eq!(typed_day(text, today), None, "{text}");
        }
        let week = Some(Span::new(Day(20_523), Day(20_530)));
        for text in [
            "2026-03-11 2026-03-18",
            "2026-03-18..2026-03-11",
            "11 Mar 2026 to today",
            "2026-03-11 – 2026-03-18",
            "-7 today",
        ] {
            assert_eq!(typed_span(text, today), week, "{text}");
        }
        assert_eq!(typed_span("2026-03-11", today), None);
    }

    #[test]
    fn days_before_today_and_the_years_that_are_understood() {
        let today = Day(20_530);
        for (text, day) in [
            ("yesterday", Some(20_529)),
            ("Today", Some(20_530)),
            ("−7", Some(20_523)),
            ("-0", Some(20_530)),
            ("1970-01-01", Some(0)),
            ("1969-12-31", None),
            ("9999-12-31", Some(2_932_896)),
            ("-65536", None),
        ] {
            assert_eq!(typed_day(text, today), day.map(Day), "{text}");
        }
        let week = Some(Span::new(Day(20_523), Day(20_530)));
        for text in [
            "2026-03-11–2026-03-18",
            "2026-03-11 - 2026-03-18",
            "11 Mar 2026, 18 Mar 2026",
            " 2026-03-11..today ",
        ] {
            assert_eq!(typed_span(text, today), week, "{text}");
        }
    }
}
