//! Where an axis has its lines and labels.

use super::{
    day::Day,
    format,
    grain::{Grain, MINUTE_US},
    slot::Slot,
    span::Span,
};
use chrono::{Datelike, Weekday};

/// Round values from zero to at least `max`, at most `count` steps: 1, 2, 2.5 or 5 times a power of ten,
/// never a part of an event.
pub fn values(max: i64, count: usize) -> Vec<f64> {
    let max = max.max(1) as f64;
    let raw = (max / count.max(1) as f64).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= raw * 0.999_999 && (*step >= 10.0 || step.fract() == 0.0))
        .unwrap_or(10.0 * power)
        .max(1.0);
    let steps = (max / step).ceil() as usize;
    (0..=steps).map(|at| at as f64 * step).collect()
}

/// A line of the time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotTick {
    /// The slot it stands on.
    pub slot: Slot,
    /// `18 Mar`, `Mar`, `2026`.
    pub label: String,
}

/// Where the axis has its labels: each with at least `gap` slots of room.
pub fn slots(grain: Grain, span: Span, gap: f32) -> Vec<SlotTick> {
    match grain {
        Grain::Day => days(grain.days(span), gap),
        Grain::Week => weeks(grain, span, gap),
        Grain::Month => months(grain, span, gap),
        Grain::Minute { offset } => minutes(grain, offset, span, gap),
    }
}

/// Every few weeks, or the first week of every few months.
fn weeks(grain: Grain, span: Span, gap: f32) -> Vec<SlotTick> {
    let all = || (span.first.0..=span.last.0).map(Slot);
    if let Some(step) = [1, 2].into_iter().find(|&step| gap <= step as f32) {
        return all()
            .filter(|week| week.0 % step == 0)
            .map(|slot| SlotTick {
                slot,
                label: grain.short(slot),
            })
            .collect();
    }
    // A month begins with the first week that begins in it: most of the week of its first day may belong to the month
    // before. The shortest months have four.
    let months = month_step(gap, 4.0);
    all()
        .filter(|week| {
            let date = grain.day(*week).date();
            date.day() <= 7 && (date.year() * 12 + date.month0() as i32) % months == 0
        })
        .map(|slot| SlotTick {
            slot,
            label: month_label(grain.day(slot), months),
        })
        .collect()
}

/// Every few months, counted from a January.
fn months(grain: Grain, span: Span, gap: f32) -> Vec<SlotTick> {
    let step = month_step(gap, 1.0);
    (span.first.0..=span.last.0)
        .filter(|month| month.rem_euclid(step) == 0)
        .map(|month| SlotTick {
            slot: Slot(month),
            label: month_label(grain.day(Slot(month)), step),
        })
        .collect()
}

/// Round times of the clock: the finest that leaves each label its room.
fn minutes(grain: Grain, offset: i64, span: Span, gap: f32) -> Vec<SlotTick> {
    let step = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720]
        .into_iter()
        .find(|&step| gap <= step as f32)
        .unwrap_or(1440);
    let ahead = offset / MINUTE_US;
    (span.first.0..=span.last.0)
        .filter(|&minute| (i64::from(minute) + ahead).rem_euclid(step) == 0)
        .map(|minute| SlotTick {
            slot: Slot(minute),
            label: grain.short(Slot(minute)),
        })
        .collect()
}

/// Days, Mondays, months, quarters or years: the finest that leaves each label `gap` days of room.
fn days(span: Span<Day>, gap: f32) -> Vec<SlotTick> {
    let all = || (span.first.0..=span.last.0).map(Day);
    if gap <= 1.0 {
        return all()
            .map(|day| SlotTick {
                slot: Slot(day.0),
                label: day.short(),
            })
            .collect();
    }
    if gap <= 14.0 {
        let weeks = if gap <= 7.0 { 1 } else { 2 };
        if gap <= 3.0 && span.count() < 21 {
            let step = gap.ceil() as i32;
            return all()
                .filter(|day| (span.last.0 - day.0) % step == 0)
                .map(|day| SlotTick {
                    slot: Slot(day.0),
                    label: day.short(),
                })
                .collect();
        }
        return all()
            .filter(|day| {
                day.date().weekday() == Weekday::Mon && (day.0 + 3).div_euclid(7) % weeks == 0
            })
            .map(|day| SlotTick {
                slot: Slot(day.0),
                label: day.short(),
            })
            .collect();
    }
    let months = month_step(gap, 29.0);
    all()
        .filter(|day| {
            let date = day.date();
            date.day() == 1 && (date.year() * 12 + date.month0() as i32) % months == 0
        })
        .map(|day| SlotTick {
            slot: Slot(day.0),
            label: month_label(day, months),
        })
        .collect()
}

/// Possible distances between labels of months, in months.
const MONTH_STEPS: [i32; 8] = [1, 2, 3, 6, 12, 24, 60, 120];

/// How many months apart labels are that need `gap` slots; the shortest month has `shortest` slots.
fn month_step(gap: f32, shortest: f32) -> i32 {
    MONTH_STEPS
        .into_iter()
        .find(|&months| gap <= months as f32 * shortest)
        .unwrap_or(240)
}

/// A month, or the year where only years are told apart.
fn month_label(day: Day, step: i32) -> String {
    match step {
        12.. => day.date().format("%Y").to_string(),
        _ => format::month(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn labels(first: NaiveDate, days: i32, gap: f32) -> Vec<String> {
        let first = Day::from_date(first);
        super::days(
            Span {
                first,
                last: first.plus(days - 1),
            },
            gap,
        )
        .into_iter()
        .map(|tick| tick.label)
        .collect()
    }

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn values_are_round_and_reach_the_top() {
        assert_eq!(values(97, 4), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert_eq!(values(0, 4), [0.0, 1.0]);
        assert_eq!(values(3, 4), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(values(10, 4), [0.0, 5.0, 10.0], "no half events");
        assert_eq!(values(1_000_000, 2), [0.0, 500_000.0, 1_000_000.0]);
        for max in [1, 7, 12, 99, 101, 12_345, 999_999, i64::MAX] {
            let ticks = values(max, 5);
            assert!(
                *ticks.last().unwrap() >= max as f64 && ticks.len() <= 7,
                "{max}: {ticks:?}"
            );
        }
    }

    #[test]
    fn minutes_stand_on_round_times_of_the_zones_clock() {
        let first = Slot(20_530 * 1440);
        let span = Span {
            first,
            last: first.plus(179),
        };
        let labels = |offset: i64, gap| -> Vec<String> {
            let offset = offset * MINUTE_US;
            slots(Grain::Minute { offset }, span, gap)
                .into_iter()
                .map(|tick| tick.label)
                .collect()
        };
        assert_eq!(labels(0, 40.0), ["18 Mar", "01:00", "02:00"]);
        assert_eq!(labels(345, 40.0), ["06:00", "07:00", "08:00"]);
        assert_eq!(labels(0, 25.0).len(), 6);
    }

    #[test]
    fn a_month_stands_at_the_first_week_that_begins_in_it() {
        let grain = Grain::Week;
        let week = |year, month, day| grain.slot(Day::from_date(date(year, month, day)));
        let span = Span::new(week(2026, 1, 7), week(2026, 5, 1));
        let found: Vec<(Slot, String)> = slots(grain, span, 3.0)
            .into_iter()
            .map(|tick| (tick.slot, tick.label))
            .collect();
        // 1 February and 1 March 2026 are Sundays.
        let expected = [
            (week(2026, 1, 5), "Jan 2026".to_owned()),
            (week(2026, 2, 2), "Feb".into()),
            (week(2026, 3, 2), "Mar".into()),
            (week(2026, 4, 6), "Apr".into()),
        ];
        assert_eq!(found, expected);
        assert_eq!(slots(grain, span, 10.0).len(), 2, "every third month");
    }

    #[test]
    fn the_calendar_decides_where_lines_stand() {
        assert_eq!(
            labels(date(2026, 3, 12), 3, 0.5),
            ["12 Mar", "13 Mar", "14 Mar"]
        );
        assert_eq!(
            labels(date(2026, 3, 1), 28, 5.0),
            ["2 Mar", "9 Mar", "16 Mar", "23 Mar"]
        );
        assert_eq!(labels(date(2026, 3, 1), 28, 10.0).len(), 2);
        assert_eq!(
            labels(date(2025, 11, 20), 100, 28.0),
            ["Dec", "Jan 2026", "Feb"]
        );
        assert_eq!(
            labels(date(2025, 1, 1), 366, 80.0),
            ["Jan 2025", "Apr", "Jul", "Oct", "Jan 2026"]
        );
        assert_eq!(
            labels(date(2020, 1, 1), 1500, 300.0),
            ["2020", "2021", "2022", "2023", "2024"]
        );
        assert_eq!(
            labels(date(2026, 3, 12), 7, 2.0),
            ["12 Mar", "14 Mar", "16 Mar", "18 Mar"]
        );
    }

    #[test]
    fn weeks_and_months_stand_where_their_labels_have_room() {
        let labels = |grain: Grain, first, last, gap| -> Vec<String> {
            let ticks = slots(grain, Span::new(Slot(first), Slot(last)), gap);
            ticks.into_iter().map(|tick| tick.label).collect()
        };
        let week = Grain::Week.slot(Day(20_530)).0;
        assert_eq!(week, 2933);
        let weeks = |gap| labels(Grain::Week, week - 2, week, gap);
        assert_eq!(weeks(1.0), ["2 Mar", "9 Mar", "16 Mar"]);
        assert_eq!(weeks(2.0), ["9 Mar"]);
        // November 2025 to March 2026.
        let months = |gap| labels(Grain::Month, 670, 674, gap);
        assert_eq!(months(1.0), ["Nov", "Dec", "Jan 2026", "Feb", "Mar"]);
        assert_eq!(months(2.0), ["Nov", "Jan 2026", "Mar"]);
        assert_eq!(months(3.0), ["Jan 2026"]);
        assert_eq!(months(12.0), ["2026"]);
        let midnight = 20_530 * 1440;
        let minutes = |gap| labels(Grain::Minute { offset: 0 }, midnight, midnight + 179, gap);
        assert_eq!(minutes(60.0), ["18 Mar", "01:00", "02:00"]);
        assert_eq!(minutes(61.0), ["18 Mar", "02:00"]);
        assert_eq!(minutes(721.0), ["18 Mar"]);
    }

    #[test]
    fn labels_of_days_become_weeks_and_months_where_room_ends() {
        let march = |days, gap| labels(date(2026, 3, 1), days, gap);
        assert_eq!(march(2, 1.0), ["1 Mar", "2 Mar"]);
        let days = [
            "2 Mar", "5 Mar", "8 Mar", "11 Mar", "14 Mar", "17 Mar", "20 Mar",
        ];
        assert_eq!(march(20, 3.0), days, "the last day has a label");
        assert_eq!(march(21, 3.0), ["2 Mar", "9 Mar", "16 Mar"]);
        assert_eq!(march(28, 7.0).len(), 4);
        assert_eq!(march(28, 7.5), ["9 Mar", "23 Mar"]);
        assert_eq!(march(28, 14.0), ["9 Mar", "23 Mar"]);
        assert_eq!(march(61, 14.5), ["Mar", "Apr"]);
        assert_eq!(march(92, 29.0), ["Mar", "Apr", "May"]);
        assert_eq!(march(92, 29.5), ["Mar", "May"]);
    }
}
