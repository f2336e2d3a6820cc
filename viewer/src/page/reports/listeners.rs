//! Distinct listeners, new and returning ones, and how many come back: charts and rows.

use super::{
    sheet::{Cell, Place, Sheet, Sort, Tone, Value, numbers, words},
    view::View,
};
use crate::{
    calendar::{Day, Grain, Span, quantity},
    data::{
        Count, Finality, Measure,
        reports::listeners::{Kind, Listeners, Row, Together},
    },
    page::{
        chart::Chart,
        line::{Line, Slots},
    },
    series::Counts,
    stats::{Change, Comparison},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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
}

/// What the report shows.
pub struct Contents {
    /// Which numbers.
    pub kind: Kind,
    /// How charts count them.
    pub measure: Measure,
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
        let shown: &[usize] = match part {
            Part::Day => &[0],
            Part::Week => &[1],
            Part::FourWeeks => &[2],
            Part::New => &[0, 1],
            Part::Retention => &[],
        };
        Self {
            kind: listeners.kind,
            measure: measure(listeners.kind),
            charts: (shown.iter().map(|&number| chart(listeners, number, view))).collect(),
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
    // What changed is said above the chart.
    let comparison = Comparison::default();
    let slots = Slots {
        states: view.states,
        comparison: &comparison,
        grain: Grain::Day,
    };
    let lines: Vec<Line> = listeners
        .regions
        .iter()
        .filter(|region| view.regions.is_on(region))
        .map(|region| {
            let of = |span| counts(listeners, number, span, |row| row.region == *region);
            let full_name = format!("{title} · {region}");
            Line::new(
                region,
                &full_name,
                region,
                0,
                of(view.span),
                of(view.before()),
                slots,
            )
        })
        .collect();
    // Where any region has a row. The numbers of several do not add up and are shown nowhere.
    let all = counts(listeners, number, view.span, |row| {
        view.regions.is_on(&row.region)
    });
    Chart::new(title.into(), lines, all, Change::Nothing)
}

fn counts(
    listeners: &Listeners,
    number: usize,
    span: Span<Day>,
    is_of: impl Fn(&Row) -> bool,
) -> Counts {
    let mut days: Vec<Option<Count>> = vec![None; span.count()];
    for row in listeners.between(span).iter().filter(|row| is_of(row)) {
        if let (Some(index), Some(events)) = (span.index(row.day), row.numbers[number]) {
            days[index] = Some(Count {
                events,
                late_events: 0,
            });
        }
    }
    days.into()
}

/// A row of the table: of a region, or of all that are on.
struct Entry {
    row: Row,
    is_sum: bool,
}

/// The rows of the days on screen; of retention, those of all regions together first.
fn entries(listeners: &Listeners, view: &View<'_>) -> Vec<Entry> {
    let rows: Vec<&Row> = (listeners.between(view.span).iter())
        .filter(|row| view.regions.is_on(&row.region))
        .collect();
    let mut entries = Vec::with_capacity(rows.len());
    for of_day in rows.chunk_by(|a, b| a.day == b.day) {
        if listeners.kind == Kind::Retention && of_day.len() > 1 {
            // A listener has one first day, in one region: these do add up.
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
    let with_bar = match part {
        Part::Week => Some(1),
        Part::FourWeeks => Some(2),
        Part::New => Some(0),
        Part::Day | Part::Retention => None,
    };
    let size = move |row: &Row| with_bar.and_then(|at| row.numbers[at]).unwrap_or(0) as f64;
    let most = entries
        .iter()
        .map(|entry| size(&entry.row))
        .fold(1.0, f64::max);
    let sums = entries.iter().map(|entry| entry.is_sum).collect();
    let (rows, span, states) = (entries.len(), view.span, view.states.to_vec());
    let cells = move |row: usize, column: usize| {
        let entry = &entries[row];
        let state = span.index(entry.row.day).and_then(|at| states.get(at));
        let cell = match (entry.is_sum, column) {
            (true, 1) => Value::Word(ALL_REGIONS).into(),
            _ => cell(kind, &entry.row, state.copied(), column),
        };
        match with_bar == column.checked_sub(2) && with_bar.is_some() {
            true => cell.with_bar(size(&entry.row) / most),
            false => cell,
        }
    };
    let total = (kind == Kind::Retention).then(|| retained(listeners, view));
    let sheet = Sheet::new(kind.name(), columns, rows, cells)
        .with_sums(sums)
        .with_minor_bars();
    let sheet = match total {
        Some(total) => sheet.with_total(total),
        None => sheet,
    };
    sheet.sorted(Some(sort.unwrap_or((0, true))))
}

/// What the row of all regions is called.
const ALL_REGIONS: &str = "All regions";

/// Totals: new users, and those who came back, over the first days for which that is known.
fn retained(listeners: &Listeners, view: &View<'_>) -> Vec<Cell> {
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
        Value::Text(String::new()).into(),
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
mod tests {
    use super::*;
    use crate::data::Filter;

    fn retention() -> Arc<Listeners> {
        let row = |day, region: &str, numbers| Row {
            day: Day(day),
            region: region.into(),
            numbers,
        };
        Arc::new(Listeners::new(
            Kind::Retention,
            vec![
                row(2, "EU", [Some(30), Some(10), None, None]),
                row(1, "EU", [Some(10), Some(5), Some(1), None]),
                row(1, "US", [Some(60), Some(60), Some(20), None]),
            ],
            None,
        ))
    }

    #[test]
    fn retention_is_blank_where_the_day_is_not_over_and_summed_where_it_is() {
        let (all, states) = (Filter::default(), [Finality::Final; 2]);
        let view = View {
            span: Span::new(Day(1), Day(2)),
            zone: "UTC",
            grain: Grain::Day,
            begin: None,
            name_others: |count| count.to_string(),
            regions: &all,
            states: &states,
            shift: 7,
            today: Day(2),
        };
        let sheet = sheet(&retention(), Part::Retention, &view, None);
        let csv: Vec<String> = sheet.csv().lines().map(str::to_owned).collect();
        assert_eq!(
            csv[0],
            "day,region,new_listeners,day_1,day_1_rate,day_7,day_7_rate,day_28,day_28_rate"
        );
        assert_eq!(
            csv[1], "1970-01-03,EU,30,10,0.333333,,,,",
            "the newest first"
        );
        assert_eq!(csv[2], "1970-01-02,EU,10,5,0.500000,1,0.100000,,");
        assert_eq!((csv.len(), sheet.len(), sheet.file_len()), (4, 4, 3));
        let shown = |row| {
            let cells = sheet.columns_but(Place::File).into_iter();
            let words = cells.map(|column| sheet.cell(row, column).value.shown());
            words.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(1), "1970-01-02 All regions 70 65 92.9 % 21 30.0 %");
        assert_eq!(
            [0, 1, 2, 3].map(|row| sheet.begins_slot(row)),
            [true, true, false, false]
        );
        let heat = |row: usize, column| sheet.cell(row, column).heat.is_some();
        assert!(heat(1, 4), "of 70");
        assert!(!heat(2, 4), "of 10");
        let total: Vec<String> = sheet
            .total
            .unwrap()
            .iter()
            .map(|cell| cell.value.csv())
            .collect();
        assert_eq!(
            total,
            ["All", "", "100", "75", "0.750000", "21", "0.300000", "", ""],
            "day 7 is of 70 listeners, whose seventh day is over"
        );
    }

    #[test]
    fn what_a_line_has_is_what_the_table_has() {
        let (mut regions, states) = (Filter::default(), [Finality::Final; 2]);
        regions.toggle("US");
        let view = View {
            span: Span::new(Day(1), Day(2)),
            zone: "UTC",
            grain: Grain::Day,
            begin: None,
            name_others: |count| count.to_string(),
            regions: &regions,
            states: &states,
            shift: 7,
            today: Day(2),
        };
        let rows = ["EU", "US"].map(|region| Row {
            day: Day(2),
            region: region.into(),
            numbers: [Some(3), Some(5), Some(8), None],
        });
        let active = Arc::new(Listeners::new(Kind::Active, rows.into(), None));
        let sheet = sheet(&active, Part::Week, &view, None);
        assert_eq!(sheet.len(), 1);
        for number in 0..3 {
            let chart = chart(&active, number, &view);
            assert_eq!(chart.lines.len(), 1);
            let count = chart.lines[0].counts.get(1).unwrap().events;
            let shown = sheet.cell(0, 2 + number).value.shown();
            assert_eq!(measure(Kind::Active).exact(count), shown);
        }
    }
}
