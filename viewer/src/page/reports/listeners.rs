//! Distinct listeners, new and returning ones, and how many come back: charts and rows.

use super::{
    sheet::{Cell, Sheet, Sort, Tone, Value, numbers, words},
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
            sheet: sheet(listeners, view, sort),
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

/// The rows on screen.
fn sheet(listeners: &Arc<Listeners>, view: &View<'_>, sort: Option<Sort>) -> Sheet {
    let is_on = |row: &Row| view.regions.is_on(&row.region);
    let mut places: Vec<u32> = (listeners.between(view.span).iter().zip(0..))
        .filter(|(row, _)| is_on(row))
        .map(|(_, at)| at)
        .collect();
    places.reverse();
    let mut columns = vec![words("day"), words("region")];
    columns.extend(match listeners.kind {
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
    let rows = places.len();
    let (span, states) = (view.span, view.states.to_vec());
    let of = Arc::clone(listeners);
    let cells = move |row: usize, column: usize| {
        let row = &of.between(span)[places[row] as usize];
        let state = span.index(row.day).and_then(|at| states.get(at)).copied();
        cell(of.kind, row, state, column)
    };
    let total = (listeners.kind == Kind::Retention).then(|| retained(listeners, view));
    let sheet = Sheet::new(listeners.kind.name(), columns, rows, cells);
    let sheet = match total {
        Some(total) => sheet.with_total(total),
        None => sheet,
    };
    sheet.sorted(Some(sort.unwrap_or(match listeners.kind {
        // A triangle for each region, the newest days on top.
        Kind::Retention => (1, false),
        _ => (0, true),
    })))
}

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

fn rate(part: Option<i64>, whole: Option<i64>) -> Cell {
    match part
        .zip(whole)
        .and_then(|(part, whole)| quantity::rate(part, whole))
    {
        Some(rate) => Cell {
            heat: Some(rate as f32 / quantity::WHOLE as f32),
            ..Value::Rate(rate).into()
        },
        None => Value::Text(String::new()).into(),
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
        (_, 0) => Value::Day(row.day).into(),
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
            regions: &all,
            states: &states,
            shift: 7,
            today: Day(2),
        };
        let sheet = sheet(&retention(), &view, None);
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
        let sheet = sheet(&active, &view, None);
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
