//! Distinct listeners, new and returning ones, and how many come back: charts and rows.

use super::{
    sheet::{Cell, Place, Sheet, Sort, Tone, Value, numbers, words},
    view::View,
};
use crate::{
    calendar::{Day, Grain, Span, quantity},
    data::{
        Count, Finality, Measure, Track,
        reports::listeners::{Kind, Listeners, Row, Together},
    },
    page::{
        chart::Chart,
        line::{Line, Slots},
    },
    series::Counts,
    stats::{Change, Comparison, complete},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// What is shown of listeners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Of each day, with charts and table as events have.
    #[default]
    Day,
    /// Of the 7 days up to each day.
    Week,
    /// Of the 28 days up to each day.
    FourWeeks,
    /// Those whose first day it is, and the others.
    New,
    /// How many of the new ones come back.
    Retention,
}

impl Part {
    /// In the order of the selector.
    pub const ALL: [Self; 5] = [
        Self::Day,
        Self::Week,
        Self::FourWeeks,
        Self::New,
        Self::Retention,
    ];

    /// The data to request. Those of one day are read with the daily numbers.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::Day => None,
            Self::Week | Self::FourWeeks => Some(Kind::Active),
            Self::New => Some(Kind::New),
            Self::Retention => Some(Kind::Retention),
        }
    }

    /// The numbers of a row that have charts; the first one has bars in the table. Those of one day are charts of events.
    fn numbers(self) -> &'static [usize] {
        match self {
            Self::Week => &[1],
            Self::FourWeeks => &[2],
            Self::New => &[0, 1],
            Self::Day | Self::Retention => &[],
        }
    }

    /// How many days, up to that of a row, its numbers are of.
    fn window(self, kind: Kind) -> i32 {
        self.numbers()
            .first()
            .map_or(1, |&number| window(kind, number))
    }
}

/// What the report shows.
pub struct Contents {
    /// Which numbers.
    pub kind: Kind,
    /// How charts count them.
    pub measure: Measure,
    /// How many days up to that of a row the shown number is of.
    pub window: usize,
    /// A chart for each number that is shown.
    pub charts: Vec<Chart>,
    /// All regions that are on.
    pub together: Option<Together>,
    /// The rows.
    pub sheet: Sheet,
}

impl Contents {
    /// Works it out.
    pub fn new(
        listeners: &Arc<Listeners>,
        part: Part,
        view: &View<'_>,
        sort: Option<Sort>,
    ) -> Self {
        let charts = part.numbers().iter();
        Self {
            kind: listeners.kind,
            measure: measure(listeners.kind),
            window: part.window(listeners.kind) as usize,
            charts: (charts.map(|&number| chart(listeners, number, view))).collect(),
            together: listeners.together,
            sheet: sheet(listeners, part, view, sort),
        }
    }
}

/// What the charts are called.
pub const TITLES: [&str; 4] = [
    "Distinct listeners in 7 days, by region",
    "Distinct listeners in 28 days, by region",
    "New listeners",
    "Returning listeners",
];

/// How many days, up to that of a row, a number is of.
fn window(kind: Kind, number: usize) -> i32 {
    match (kind, number) {
        (Kind::Active, 1) => 7,
        (Kind::Active, 2) => 28,
        _ => 1,
    }
}

fn title(kind: Kind, number: usize) -> &'static str {
    TITLES[match (kind, number) {
        (Kind::Active, number) => number.saturating_sub(1),
        (_, number) => 2 + number.min(1),
    }]
}

/// How a chart counts it.
fn measure(kind: Kind) -> Measure {
    match kind {
        Kind::Active => Measure::Listeners,
        Kind::New | Kind::Retention => Measure::ExactListeners,
    }
}

/// A chart of one of the numbers: a line for each region that is on.
fn chart(listeners: &Listeners, number: usize, view: &View<'_>) -> Chart {
    let title = title(listeners.kind, number);
    let window = window(listeners.kind, number);
    // What changed is said above the chart.
    let comparison = Comparison::default();
    let slots = Slots {
        states: view.states,
        comparison: &comparison,
        grain: Grain::Day,
    };
    let by_region = |span| {
        let mut by_region: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in listeners.between(span) {
            by_region.entry(&row.region).or_default().push(row);
        }
        (span, by_region, counted(view, span, window))
    };
    let (now, before) = (by_region(view.span), by_region(view.before()));
    let lines: Vec<Line> = listeners
        .regions
        .iter()
        .filter(|region| view.regions.is_on(region))
        .map(|region| {
            let of =
                |(span, rows, counted): &(Span<Day>, BTreeMap<&str, Vec<&Row>>, Vec<usize>)| {
                    let rows = rows.get(region.as_str()).into_iter().flatten();
                    counts(rows.copied(), number, *span, window, counted)
                };
            let (now, before) = (of(&now), of(&before));
            // A window with a gap lacks listeners: a solid line would show their loss.
            let lacks = |at: &usize| now.days(*at).is_some_and(|days| days < window as usize);
            let lacking: Vec<usize> = (0..complete(view.states).min(now.len()))
                .filter(lacks)
                .collect();
            let full_name = format!("{title} · {region}");
            Line::new(region, &full_name, region, 0, now, before, slots).with_partial(lacking)
        })
        .collect();
    // Where any region has a row. The numbers of several do not add up and are shown nowhere.
    let rows = listeners.between(view.span).iter();
    let rows = rows.filter(|row| view.regions.is_on(&row.region));
    let all = counts(rows, number, view.span, window, &now.2);
    Chart::new(title.into(), lines, all, Change::Nothing)
}

/// For each day of a span, on how many of the `window` days up to it there were events.
fn counted(view: &View<'_>, span: Span<Day>, window: i32) -> Vec<usize> {
    let days = (0..span.count()).map(|at| span.at(at));
    days.map(|day| view.counted(day, window)).collect()
}

/// A number by day, with on how many days of its window there were events. `rows` come day by day.
fn counts<'a>(
    rows: impl Iterator<Item = &'a Row>,
    number: usize,
    span: Span<Day>,
    window: i32,
    counted: &[usize],
) -> Counts {
    let mut days: Vec<(Day, i64)> = Vec::new();
    for row in rows {
        let Some(number) = row.numbers[number] else {
            continue;
        };
        match days.last_mut().filter(|(day, _)| *day == row.day) {
            Some(last) => last.1 = number,
            None => days.push((row.day, number)),
        }
    }
    let count = |(day, events): &(Day, i64)| {
        let late_events = 0;
        (
            Grain::Day.slot(*day),
            Count {
                events: *events,
                late_events,
            },
        )
    };
    let track = Track::new(days.iter().map(count));
    let counted = |(day, _): &(Day, i64)| {
        let days = span.index(*day).and_then(|at| counted.get(at));
        days.map_or(0, |days| u16::try_from(*days).unwrap_or(u16::MAX))
    };
    let track = match window {
        1 => track,
        _ => track.with_days(days.iter().map(counted).collect()),
    };
    Counts::new(Arc::new(track), Grain::Day.slots(span))
}

/// A row of the table: of a region, or the sum of those that are on.
struct Entry {
    row: Row,
    is_sum: bool,
}

/// The rows of the days on screen; of retention, the sum of several regions first.
fn entries(listeners: &Listeners, view: &View<'_>) -> Vec<Entry> {
    let rows: Vec<&Row> = (listeners.between(view.span).iter())
        .filter(|row| view.regions.is_on(&row.region))
        .collect();
    let mut entries = Vec::with_capacity(rows.len());
    for of_day in rows.chunk_by(|a, b| a.day == b.day) {
        if listeners.kind == Kind::Retention && of_day.len() > 1 {
            // An upper bound: who was active in two regions on the first day is new in both.
            let sum = |at: usize| {
                of_day
                    .iter()
                    .map(|row| row.numbers[at])
                    .sum::<Option<i64>>()
            };
            let row = Row {
                day: of_day[0].day,
                region: String::new(),
                numbers: [0, 1, 2, 3].map(sum),
            };
            entries.push(Entry { row, is_sum: true });
        }
        entries.extend(of_day.iter().map(|row| Entry {
            row: (*row).clone(),
            is_sum: false,
        }));
    }
    entries
}

/// The rows on screen.
fn sheet(listeners: &Arc<Listeners>, part: Part, view: &View<'_>, sort: Option<Sort>) -> Sheet {
    let kind = listeners.kind;
    let entries = entries(listeners, view);
    let mut columns = vec![words("day"), words("region")];
    columns.extend(match kind {
        Kind::Active => vec![
            numbers("listeners_1_day"),
            numbers("listeners_7_days"),
            numbers("listeners_28_days"),
            words("state"),
        ],
        Kind::New => vec![
            numbers("new_listeners"),
            numbers("returning_listeners"),
            numbers("new_share"),
            words("state"),
        ],
        Kind::Retention => vec![
            numbers("new_listeners"),
            numbers("day_1").ranked(1),
            numbers("day_1_rate"),
            numbers("day_7").ranked(2),
            numbers("day_7_rate"),
            numbers("day_28").ranked(3),
            numbers("day_28_rate"),
        ],
    });
    let of_days = part.window(kind);
    let of_day = counted(view, view.span, of_days);
    let counted: Vec<usize> = entries
        .iter()
        .map(|entry| view.span.index(entry.row.day).map_or(0, |at| of_day[at]))
        .collect();
    if counted.iter().any(|days| *days < of_days as usize) {
        columns.push(words("days").only(Place::Screen));
    }
    if kind == Kind::Retention {
        // On screen, no columns that are all blank.
        for number in 1..4 {
            if entries
                .iter()
                .all(|entry| entry.row.numbers[number].is_none())
            {
                let at = 2 * number + 1;
                (columns[at], columns[at + 1]) = (
                    columns[at].only(Place::File),
                    columns[at + 1].only(Place::File),
                );
            }
        }
    }
    let with_bar = part.numbers().first().copied();
    let size = move |row: &Row| with_bar.and_then(|at| row.numbers[at]).unwrap_or(0) as f64;
    let most = entries
        .iter()
        .map(|entry| size(&entry.row))
        .fold(1.0, f64::max);
    let sums: Vec<bool> = entries.iter().map(|entry| entry.is_sum).collect();
    let (rows, span, states) = (entries.len(), view.span, view.states.to_vec());
    let cells = move |row: usize, column: usize| {
        let entry = &entries[row];
        let state = span.index(entry.row.day).and_then(|at| states.get(at));
        let cell = match (entry.is_sum, column) {
            (true, 1) => Value::Word(SUM_OF_REGIONS).into(),
            (_, 6) if kind == Kind::Active => {
                let (days, of) = (counted[row], of_days as usize);
                let tone = if days < of { Tone::Warn } else { Tone::Weak };
                Cell::from(Value::Days(days, of)).toned(tone)
            }
            _ => cell(kind, &entry.row, state.copied(), column),
        };
        match with_bar == column.checked_sub(2) && with_bar.is_some() {
            true => (cell.with_bar(size(&entry.row) / most))
                .opened(!state.is_some_and(|state| state.is_complete())),
            false => cell,
        }
    };
    let total = (kind == Kind::Retention).then(|| retained(listeners, view, sums.contains(&true)));
    let sheet = Sheet::new(kind.name(), columns, rows, cells)
        .with_sums(sums)
        .with_minor_bars();
    let sheet = match total {
        Some(total) => sheet.with_total(total),
        None => sheet,
    };
    sheet.sorted(Some(sort.unwrap_or((0, true))))
}

/// What a row is called that sums up several regions.
const SUM_OF_REGIONS: &str = "Sum of regions";

/// Totals: new users, and those who came back, over the first days for which that is known. `is_sum` says that days have
/// several regions, which may share users.
fn retained(listeners: &Listeners, view: &View<'_>, is_sum: bool) -> Vec<Cell> {
    let mut sums = [(0_i64, 0_i64); 3];
    let mut all = 0;
    for row in listeners.between(view.span) {
        if !view.regions.is_on(&row.region) {
            continue;
        }
        let new = row.numbers[0].unwrap_or(0);
        all += new;
        for (sum, back) in sums.iter_mut().zip(&row.numbers[1..]) {
            if let Some(back) = back {
                *sum = (sum.0 + new, sum.1 + back);
            }
        }
    }
    let mut cells = vec![
        Value::Word("All").into(),
        match is_sum {
            true => Value::Word(SUM_OF_REGIONS).into(),
            false => Value::Text(String::new()).into(),
        },
        Value::Number(all).into(),
    ];
    for (new, back) in sums {
        // Blank where of no day it is known.
        let back = (new > 0).then_some(back);
        let count = back.map_or(Value::Text(String::new()), Value::Number);
        cells.push(count.into());
        cells.push(rate(back, Some(new)));
    }
    cells
}

/// Of fewer listeners, a rate says little: it is not shaded.
const LEAST_SHADED: i64 = 20;

fn rate(part: Option<i64>, whole: Option<i64>) -> Cell {
    let (Some(part), Some(whole)) = (part, whole) else {
        return Value::Text(String::new()).into();
    };
    let Some(rate) = quantity::rate(part, whole) else {
        return Value::Text(String::new()).into();
    };
    let cell = Cell::from(Value::Rate(rate));
    match whole < LEAST_SHADED {
        true => cell.toned(Tone::Weak),
        false if part == 0 => cell,
        false => Cell {
            heat: Some(rate as f32 / quantity::WHOLE as f32),
            ..cell
        },
    }
}

fn cell(kind: Kind, row: &Row, state: Option<Finality>, column: usize) -> Cell {
    let number = |at: usize| -> Cell {
        match row.numbers[at] {
            Some(number) => Value::Number(number).into(),
            // Not known yet.
            None => Value::Text(String::new()).into(),
        }
    };
    let state = || {
        let state = state.unwrap_or(Finality::SoFar);
        Cell::from(Value::Word(state.word())).toned(match state.is_complete() {
            true => Tone::Weak,
            false => Tone::Accent,
        })
    };
    match (kind, column) {
        (_, 0) => Value::day(row.day).into(),
        (_, 1) => Value::Text(row.region.clone()).into(),
        (Kind::Active, 2..=4) => number(column - 2),
        (Kind::New, 2 | 3) => number(column - 2),
        (Kind::New, 4) => {
            let [new, returning, ..] = row.numbers.map(|number| number.unwrap_or(0));
            Cell {
                heat: None,
                ..rate(Some(new), Some(new + returning))
            }
        }
        (Kind::Active | Kind::New, _) => state(),
        (Kind::Retention, 2) => number(0),
        (Kind::Retention, column) => match column % 2 {
            1 => number(1 + (column - 3) / 2).toned(Tone::Weak),
            _ => rate(row.numbers[column / 2 - 1], row.numbers[0]),
        },
    }
}

#[cfg(test)]
mod tests;
