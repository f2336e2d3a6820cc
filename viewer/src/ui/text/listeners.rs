//! The words of the report on listeners.

use super::{
    pseudo::{say, says},
    words::within_error,
};
use crate::{
    calendar::{Day, Span, format},
    data::is_within_error,
    page::reports::listeners::Part,
};

/// What is shown of listeners: a word, and the spoken form.
pub(crate) fn part(part: Part) -> [&'static str; 2] {
    match part {
        Part::Day => ["1 day", "Distinct listeners of each day"],
        Part::Week => ["7 days", "Distinct listeners of the 7 days up to each day"],
        Part::FourWeeks => [
            "28 days",
            "Distinct listeners of the 28 days up to each day",
        ],
        Part::New => ["New", "New and returning listeners"],
        Part::Retention => ["Retention", "How many new listeners come back"],
    }
    .map(say)
}

pub(crate) fn choose_part(part: Part) -> String {
    says(format!("Listeners: {}", self::part(part)[1].to_lowercase()))
}

/// Of which first days retention is known, the longest form first. `over` is the UTC day of the watermark, which has not
/// ended; `first` is the first day on screen. With `has_sums`, what sums of regions count as well.
pub(crate) fn retention_known(over: Option<Day>, first: Day, has_sums: bool) -> Vec<String> {
    let forms = known(over, first);
    let forms = match has_sums {
        true => (forms.iter())
            .map(|form| format!("{form}. A listener in two regions is counted in both"))
            .chain(["A listener in two regions is counted in both".into()])
            .collect(),
        false => forms,
    };
    forms.into_iter().map(says).collect()
}

fn known(over: Option<Day>, first: Day) -> Vec<String> {
    let Some(over) = over else {
        return vec!["Blank: there is no watermark, so no day is known to be over".into()];
    };
    let until = |days: i32| over.plus(-1 - days);
    let [week, month] = [7, 28].map(|days| until(days).short());
    if until(28) < first {
        return [
            format!(
                "Blank: not over yet. Day 7 is known for first days up to {week}; day 28 needs a longer range. \
                 All: rates of first days that are known"
            ),
            "Blank: not over yet. Day 28 needs a longer range".into(),
            "Day 28 needs a longer range".into(),
        ]
        .into();
    }
    [
        format!(
            "Blank: not over yet. Day 7 is known for first days up to {week}, day 28 for those up to {month}. \
             All: rates of first days that are known"
        ),
        format!("Blank: not over yet. Day 28 is known for first days up to {month}"),
        format!("Day 28: first days up to {month}"),
    ]
    .into()
}

pub(crate) fn active_title(number: usize) -> &'static str {
    say([
        "Listeners, 1 day",
        "Listeners, 7 days",
        "Listeners, 28 days",
    ][number])
}

/// Length of each window in days, and the distance to the window before.
const ACTIVE_DAYS: [(i32, i32); 3] = [(1, 7), (7, 7), (28, 28)];

/// How a number of listeners changed, and against which days: the longest form first.
pub(crate) fn active_change(
    now: i64,
    before: i64,
    day: Day,
    counted: impl Fn(Span<Day>) -> usize,
    number: usize,
) -> (Option<String>, Vec<String>) {
    let (days, back) = ACTIVE_DAYS[number];
    let span = |last: Day| match days {
        1 => last.short(),
        days => format::days_short(Span::new(last.plus(1 - days), last)),
    };
    let (own, last) = (span(day), day.plus(-back));
    let lacks = |last: Day| {
        let window = Span::new(last.plus(1 - days), last);
        let there = counted(window);
        (there < window.count()).then(|| format!("{there} of {} days", window.count()))
    };
    // Nobody was counted on the days of a gap: a change would be that of the gap.
    if let Some(covered) = lacks(day) {
        let notes = [format!("{own} · {covered}"), covered, String::new()];
        return (None, notes.map(says).into());
    }
    if before == 0 || lacks(last).is_some() {
        return (None, vec![says(own), String::new()]);
    }
    let share = (now - before) as f64 / before as f64;
    let change = match is_within_error(share) {
        true => within_error(&format::percent(share)),
        false => format::percent(share),
    };
    let notes = [
        format!("{own} vs {}", span(last)),
        format!("vs {}", span(last)),
        String::new(),
    ];
    (Some(change), notes.map(says).into())
}

/// What the number is, with its bounds.
pub(crate) fn active_tip(now: i64, error: i64, day: Day, number: usize) -> String {
    let (days, _) = ACTIVE_DAYS[number];
    let [low, high] = [now - error, now + error].map(format::grouped);
    says(format!(
        "Distinct listeners in the regions that are on, {} (UTC), each counted once. An estimate: \
         two times in three between {low} and {high}",
        format::days(Span::new(day.plus(1 - days), day))
    ))
}

/// How many of the listeners of 28 days are there on one day.
pub(crate) fn part_of_listeners() -> [&'static str; 2] {
    [
        "1-day / 28-day listeners",
        "Listeners of the last complete day divided by those of the 28 days up to it",
    ]
    .map(say)
}
