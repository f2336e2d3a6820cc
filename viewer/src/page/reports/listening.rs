//! Listening by day and region: the chart of a figure, sums, and rows.

use super::{
    sheet::{Cell, Sheet, Sort, Tone, Value, numbers, words},
    view::View,
};
use crate::{
    calendar::{Day, Grain, Span, quantity},
    data::{
        Count, Finality, Measure,
        reports::listening::{Listening, Numbers, Row},
    },
    page::{
        chart::Chart,
        line::{Line, Slots},
    },
    series::Counts,
    stats::{Change, Comparison},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// What the chart shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Figure {
    /// Time listened.
    #[default]
    Hours,
    /// Plays that were long enough.
    Streams,
    /// Skips as a part of all plays.
    SkipRate,
    /// Sessions that began.
    Sessions,
}

impl Figure {
    /// In the order of the selector.
    pub const ALL: [Self; 4] = [Self::Hours, Self::Streams, Self::SkipRate, Self::Sessions];

    /// How a chart shows it.
    pub fn measure(self) -> Measure {
        match self {
            Self::Hours => Measure::Hours,
            Self::Streams => Measure::Streams,
            Self::SkipRate => Measure::SkipRate,
            Self::Sessions => Measure::Sessions,
        }
    }

    /// What the chart is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Hours => "Hours listened, by region",
            Self::Streams => "Streams, by region",
            Self::SkipRate => "Skip rate, by region",
            Self::Sessions => "Sessions, by region",
        }
    }

    /// One of the numbers; there is no skip rate without plays.
    pub fn of(self, numbers: &Numbers) -> Option<i64> {
        match self {
            Self::Hours => Some(numbers.listened_us),
            Self::Streams => Some(numbers.streams),
            Self::SkipRate => numbers.skip_rate(),
            Self::Sessions => Some(numbers.sessions),
        }
    }

    /// The same as a cell holds it.
    pub fn value(self, numbers: &Numbers) -> Value {
        match (self, self.of(numbers)) {
            (_, None) => Value::Nothing,
            (Self::Hours, Some(us)) => Value::Hours(us),
            (Self::SkipRate, Some(rate)) => Value::Rate(rate),
            (_, Some(number)) => Value::Number(number),
        }
    }
}

/// What the report shows.
pub struct Contents {
    /// What the chart shows.
    pub figure: Figure,
    /// A line for each region.
    pub chart: Chart,
    /// What can be said of each day.
    pub states: Vec<Finality>,
    /// Of all days and regions on screen.
    pub sum: Numbers,
    /// Its settled days beside those before.
    pub compared: Option<Compared>,
    /// Hours that changed since they were counted.
    pub waiting_hours: i64,
    /// The rows.
    pub sheet: Sheet,
}

impl Contents {
    /// Works it out.
    pub fn new(
        listening: &Arc<Listening>,
        figure: Figure,
        view: &View<'_>,
        sort: Option<Sort>,
    ) -> Self {
        Self {
            figure,
            chart: chart(listening, figure, view),
            states: listening.states(view.span, view.today),
            sum: listening.sum(view.span, view.regions),
            compared: compared(listening, view),
            waiting_hours: listening.waiting_hours,
            sheet: sheet(listening, view, sort),
        }
    }
}

/// The chart of a figure: a line for each region that is on.
pub fn chart(listening: &Listening, figure: Figure, view: &View<'_>) -> Chart {
    let states = listening.states(view.span, view.today);
    let is_on = |region: &&String| view.regions.is_on(region);
    // What changed is said above the chart.
    let comparison = Comparison::default();
    let slots = Slots {
        states: &states,
        comparison: &comparison,
        grain: Grain::Day,
    };
    let lines = listening
        .regions
        .iter()
        .filter(is_on)
        .map(|region| {
            let of = |span| counts(listening, figure, span, |other| other == region);
            Line::new(
                region,
                region,
                region,
                0,
                of(view.span),
                of(view.before()),
                slots,
            )
        })
        .collect();
    let all = counts(listening, figure, view.span, |region| {
        view.regions.is_on(region)
    });
    Chart::new(figure.title().into(), lines, all, Change::Nothing)
}

/// A figure by day, over some regions. A rate is that of their sums.
fn counts(
    listening: &Listening,
    figure: Figure,
    span: Span<Day>,
    is_of: impl Fn(&str) -> bool,
) -> Counts {
    let mut days: Vec<Option<Numbers>> = vec![None; span.count()];
    for row in listening
        .between(span)
        .iter()
        .filter(|row| is_of(&row.region))
    {
        if let Some(index) = span.index(row.day) {
            let sum = days[index].unwrap_or_default();
            days[index] = Some(sum.plus(row.numbers));
        }
    }
    let count = |numbers: Option<Numbers>| {
        Some(Count {
            events: figure.of(&numbers?)?,
            late_events: 0,
        })
    };
    days.into_iter().map(count).collect::<Vec<_>>().into()
}

/// The settled days of a span, beside the same days before.
pub fn compared(listening: &Listening, view: &View<'_>) -> Option<Compared> {
    let begin = listening.first_day()?;
    let states = listening.states(view.span, view.today);
    let days: Vec<Day> = (0..view.span.count())
        .filter(|index| states[*index] == Finality::Final)
        .map(|index| view.span.at(index))
        .filter(|day| day.plus(-view.shift) >= begin)
        .collect();
    let over = |back: i32| {
        let mut sums: BTreeMap<Day, Numbers> = BTreeMap::new();
        let first = days.first()?.plus(-back);
        let last = days.last()?.plus(-back);
        let on = |row: &&Row| view.regions.is_on(&row.region);
        for row in listening.between(Span::new(first, last)).iter().filter(on) {
            let sum = sums.entry(row.day).or_default();
            *sum = sum.plus(row.numbers);
        }
        let sum = days.iter().fold(Numbers::default(), |sum, day| {
            sum.plus(sums.get(&day.plus(-back)).copied().unwrap_or_default())
        });
        Some((sum, Span::new(first, last)))
    };
    let (now, _) = over(0)?;
    let (before, before_span) = over(view.shift)?;
    Some(Compared {
        now,
        before,
        before_span,
        days: days.len(),
    })
}

/// The rows on screen.
pub fn sheet(listening: &Arc<Listening>, view: &View<'_>, sort: Option<Sort>) -> Sheet {
    let states = listening.states(view.span, view.today);
    let span = view.span;
    // The newest day first, as one reads.
    let places: Vec<u32> = (listening.between(span).iter().zip(0..))
        .filter(|(row, _)| view.regions.is_on(&row.region))
        .map(|(_, at)| at)
        .collect();
    let (rows, total) = (places.len(), listening.sum(span, view.regions));
    let listening = Arc::clone(listening);
    let cells = move |row: usize, column: usize| {
        let row = &listening.between(span)[places[row] as usize];
        let state = span.index(row.day).map_or(Finality::Final, |at| states[at]);
        cell(row, state, column)
    };
    let columns = vec![
        words("day"),
        words("region"),
        numbers("listening_seconds"),
        numbers("plays").ranked(2),
        numbers("streams"),
        numbers("skips").ranked(3),
        numbers("skip_rate"),
        numbers("sessions").ranked(1),
        words("state"),
    ];
    let total = Row {
        day: span.last,
        region: String::new(),
        numbers: total,
        is_settled: true,
    };
    let mut total: Vec<Cell> = (0..columns.len())
        .map(|column| cell(&total, Finality::Final, column))
        .collect();
    total[0] = Value::Word("Total").into();
    total[1] = Value::Text(String::new()).into();
    total[8] = Value::Text(String::new()).into();
    Sheet::new("listening", columns, rows, cells)
        .with_total(total)
        .sorted(Some(sort.unwrap_or((0, true))))
}

/// Settled days, and as many before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Of the days on screen.
    pub now: Numbers,
    /// Of the days before.
    pub before: Numbers,
    /// Those days.
    pub before_span: Span<Day>,
    /// How many days are compared.
    pub days: usize,
}

impl Compared {
    /// How a figure changed; a rate by so many millionths.
    pub fn change(&self, figure: Figure) -> Change {
        let (Some(now), Some(before)) = (figure.of(&self.now), figure.of(&self.before)) else {
            return Change::Nothing;
        };
        match (figure, before, now) {
            (Figure::SkipRate, ..) => Change::Share((now - before) as f64 / quantity::WHOLE as f64),
            (_, 0, 0) => Change::Share(0.0),
            (_, 0, _) => Change::New,
            _ => Change::Share((now as f64 - before as f64) / before as f64),
        }
    }
}

/// A state of a day, in words.
pub fn state_word(state: Finality) -> &'static str {
    match state {
        Finality::Final | Finality::Over => "settled",
        Finality::Open => "not settled",
        Finality::SoFar => "so far",
    }
}

fn cell(row: &Row, state: Finality, column: usize) -> Cell {
    let numbers = &row.numbers;
    match column {
        0 => Value::Day(row.day).into(),
        1 => Value::Text(row.region.clone()).into(),
        2 => Figure::Hours.value(numbers).into(),
        3 => Cell::from(Value::Number(numbers.plays)),
        4 => Figure::Streams.value(numbers).into(),
        5 => Cell::from(Value::Number(numbers.skips)),
        6 => Figure::SkipRate.value(numbers).into(),
        7 => Figure::Sessions.value(numbers).into(),
        _ => Cell::from(Value::Word(state_word(state))).toned(match state.is_complete() {
            true => Tone::Weak,
            false => Tone::Accent,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Filter;
    use proptest::prelude::*;

    fn row(day: i32, region: &str, plays: i64, skips: i64, is_settled: bool) -> Row {
        Row {
            day: Day(day),
            region: region.into(),
            numbers: Numbers {
                plays,
                skips,
                streams: plays - skips,
                listened_us: plays * 61_000_001,
                sessions: plays / 2,
            },
            is_settled,
        }
    }

    fn view(regions: &Filter) -> View<'_> {
        View {
            span: Span::new(Day(8), Day(11)),
            shift: 7,
            regions,
            today: Day(11),
            states: &[],
        }
    }

    #[test]
    fn a_skip_rate_is_that_of_the_sums_and_a_day_without_plays_has_none() {
        let rows = vec![
            row(8, "EU", 10, 5, true),
            row(8, "US", 90, 9, true),
            row(9, "EU", 0, 0, true),
        ];
        let listening = Listening::new(rows, 0, true);
        let all = Filter::default();
        assert_eq!(
            listening.sum(view(&all).span, &all).skip_rate(),
            Some(140_000),
            "no mean of 50 % and 10 %"
        );
        let mut eu = Filter::default();
        eu.toggle("US");
        let of_eu = listening.sum(view(&eu).span, &eu);
        assert_eq!(
            (of_eu.plays, of_eu.skips),
            (10, 5),
            "of the regions that are on"
        );
        let chart = chart(&listening, Figure::SkipRate, &view(&all));
        assert_eq!(chart.lines[0].counts.get(0).unwrap().events, 500_000);
        assert_eq!(chart.lines[0].counts.get(1), None);
    }

    #[test]
    fn settled_days_alone_are_compared_and_only_with_days_that_can_have_rows() {
        let rows = vec![
            row(2, "EU", 4, 1, true),
            row(8, "EU", 100, 0, true),
            row(9, "EU", 6, 3, true),
            row(10, "EU", 50, 0, false),
        ];
        let listening = Listening::new(rows, 0, true);
        let all = Filter::default();
        let compared = compared(&listening, &view(&all)).unwrap();
        assert_eq!((compared.now.plays, compared.before.plays), (6, 4));
        assert_eq!(compared.before_span, Span::new(Day(2), Day(2)));
        assert_eq!(compared.days, 1);
        assert_eq!(compared.change(Figure::SkipRate), Change::Share(0.25));
    }

    proptest! {
        /// What a line of the chart has on a day is what the table and the CSV have.
        #[test]
        fn chart_table_and_csv_agree(
            plays in proptest::collection::vec(proptest::option::of((0_i64..2000, 0_i64..2000)), 40),
            off in proptest::option::of(0_usize..4),
        ) {
            let names = ["AF", "EU", "MEA", "US"];
            let rows: Vec<Row> = plays
                .iter()
                .enumerate()
                .filter_map(|(at, plays)| {
                    let (plays, skips) = (*plays)?;
                    Some(row(at as i32 / 4, names[at % 4], plays, skips.min(plays), at < 30))
                })
                .collect();
            let listening = Arc::new(Listening::new(rows, 0, true));
            let mut regions = Filter::default();
            if let Some(off) = off {
                regions.toggle(names[off]);
            }
            let span = Span::new(Day(0), Day(9));
            let view = View { span, shift: 14, regions: &regions, today: Day(9), states: &[] };
            let sheet = sheet(&listening, &view, None);
            let csv = sheet.csv();
            let lines: Vec<Vec<String>> = csv
                .lines()
                .skip(1)
                .map(|line| line.split(',').map(str::to_owned).collect())
                .collect();
            prop_assert_eq!(lines.len(), sheet.len());
            for (figure, column) in [
                (Figure::Hours, 2),
                (Figure::Streams, 4),
                (Figure::SkipRate, 6),
                (Figure::Sessions, 7),
            ] {
                let chart = chart(&listening, figure, &view);
                for (row, cells) in lines.iter().enumerate() {
                    let line = chart.lines.iter().find(|line| line.name == cells[1]).unwrap();
                    let day = (0..10).map(Day).find(|day| day.iso() == cells[0]).unwrap();
                    let count = line.counts.get(day.0 as usize);
                    let shown = count.map(|count| figure.measure().exact(count.events));
                    let in_table = sheet.cell(row, column).value.shown();
                    prop_assert_eq!(shown.unwrap_or("–".into()), in_table);
                    let exact = count.map(|count| match figure {
                        Figure::Hours | Figure::SkipRate => quantity::decimal(count.events),
                        _ => count.events.to_string(),
                    });
                    prop_assert_eq!(exact.unwrap_or_default(), cells[column].clone());
                }
            }
        }
    }
}
