//! Rejected input: reasons, a chart of them by day, and examples.

use super::{
    sheet::{Cell, Place, Sheet, Sort, Swatch, Value, numbers, words},
    view::View,
};
use crate::{
    calendar::{Day, Grain, format},
    data::{
        Count,
        reports::rejects::{Example, Rejects},
    },
    page::{
        chart::Chart,
        colors::{BAR_HUES, ColorSlots},
        line::{Line, Slots},
    },
    series::Counts,
    stats::{Change, Comparison},
};
use std::{collections::HashMap, sync::Arc};

/// What the chart is called.
pub const TITLE: &str = "Rejected by day received (UTC)";

/// What the report shows.
pub struct Contents {
    /// What was read.
    pub rejects: Arc<Rejects>,
    /// A line for each reason.
    pub chart: Chart,
    /// The first day whose rejects are known; `None`: of no day.
    pub begin: Option<Day>,
    /// Their colours.
    pub colors: ColorSlots,
    /// All reasons.
    pub reasons: Sheet,
    /// Examples.
    pub sheet: Sheet,
}

impl Contents {
    /// Works it out.
    pub fn new(
        rejects: &Arc<Rejects>,
        view: &View<'_>,
        sort: impl Fn(&'static str) -> Option<Sort>,
    ) -> Self {
        // By name, so that a colour stays while counts grow.
        let mut names: Vec<String> = (rejects.by_reason.iter())
            .take(BAR_HUES)
            .map(|row| row.0.clone())
            .collect();
        names.sort_unstable();
        let mut colors = ColorSlots::default();
        colors.assign(&names);
        let by_reason = ByReason::new(rejects, view);
        Self {
            chart: chart(rejects, &by_reason, &names, view),
            begin: begin(rejects, view),
            reasons: reasons(rejects, &by_reason, &colors).sorted(sort("reasons")),
            colors,
            sheet: examples(rejects).sorted(sort("rejected_events")),
            rejects: Arc::clone(rejects),
        }
    }

    /// The reason of a row of the table of reasons, as it was given.
    pub fn reason(&self, row: usize) -> Option<&str> {
        Some(&self.rejects.by_reason.get(row)?.0)
    }
}

/// The first day whose rejects are known. Before the first event and the first reject, there was nothing to reject; and
/// days before the rows that are read may have had any number.
fn begin(rejects: &Rejects, view: &View<'_>) -> Option<Day> {
    match rejects.newest_only {
        Some((_, from)) => Some(Day::of(from)),
        None => rejects
            .first_at
            .map(Day::of)
            .into_iter()
            .chain(view.begin)
            .min(),
    }
}

/// How many were rejected for each reason on each day on screen.
struct ByReason<'a> {
    days: HashMap<&'a str, Vec<i64>>,
    day_count: usize,
}

impl<'a> ByReason<'a> {
    fn new(rejects: &'a Rejects, view: &View<'_>) -> Self {
        let day_count = view.span.count();
        let mut days: HashMap<&str, Vec<i64>> = HashMap::new();
        for (day, reason, rejected) in &rejects.by_day {
            if let Some(at) = view.span.index(*day) {
                let of_reason = days.entry(reason).or_insert_with(|| vec![0; day_count]);
                of_reason[at] = of_reason[at].saturating_add(*rejected);
            }
        }
        Self { days, day_count }
    }

    /// By day, of the reasons that `is_of` chooses.
    fn by_day(&self, is_of: impl Fn(&str) -> bool) -> Vec<i64> {
        let mut sums = vec![0_i64; self.day_count];
        for (_, days) in self.days.iter().filter(|(reason, _)| is_of(reason)) {
            for (sum, rejected) in sums.iter_mut().zip(days) {
                *sum = sum.saturating_add(*rejected);
            }
        }
        sums
    }

    /// On all days on screen.
    fn sum(&self, reason: &str) -> i64 {
        let days = self.days.get(reason).map_or(&[][..], Vec::as_slice);
        days.iter().fold(0, |sum, day| sum.saturating_add(*day))
    }
}

/// A day on which nothing of a reason was rejected is a zero: nothing is missing.
fn chart(rejects: &Rejects, by_reason: &ByReason<'_>, names: &[String], view: &View<'_>) -> Chart {
    let begin = begin(rejects, view);
    let is_over = |day: Day| day <= view.today && begin.is_some_and(|begin| day >= begin);
    let counts = |is_of: &dyn Fn(&str) -> bool| -> Counts {
        let count = |(at, events): (usize, i64)| {
            is_over(view.span.at(at)).then_some(Count {
                events,
                late_events: 0,
            })
        };
        let days = by_reason.by_day(is_of).into_iter().enumerate();
        days.map(count).collect::<Vec<_>>().into()
    };
    let comparison = Comparison::default();
    let slots = Slots {
        states: view.states,
        comparison: &comparison,
        grain: Grain::Day,
    };
    let is_named = |reason: &str| names.iter().any(|name| name == reason);
    let mut lines: Vec<Line> = names
        .iter()
        .map(|name| {
            let of = counts(&|reason| reason == name);
            Line::new(name, name, name, 0, of, Counts::default(), slots)
        })
        .collect();
    let others = rejects.by_reason.len() - names.len();
    if others > 0 {
        let name = (view.name_others)(others);
        let of = counts(&|reason| !is_named(reason));
        let line = Line::new(&name, &name, &name, 0, of, Counts::default(), slots);
        lines.push(line.standing_for(others));
    }
    Chart::new(TITLE.into(), lines, counts(&|_| true), Change::Nothing)
}

/// Reasons with the colours of the chart: those of the days on screen, and of all time.
fn reasons(rejects: &Rejects, by_reason: &ByReason<'_>, colors: &ColorSlots) -> Sheet {
    let columns = vec![
        words("reason").long(),
        numbers("rejected_in_range"),
        numbers("rejected").ranked(1),
    ];
    let rows: Vec<(String, i64, i64, Swatch)> = (rejects.by_reason.iter())
        .map(|(reason, all)| {
            let swatch = (colors.find(reason)).map_or(Swatch::Others, Swatch::Hue);
            (reason.clone(), by_reason.sum(reason), *all, swatch)
        })
        .collect();
    let most = rows.iter().map(|row| row.1).max().unwrap_or(1).max(1);
    Sheet::new("reasons", columns, rows.len(), move |row, column| {
        let (reason, in_range, all, swatch) = &rows[row];
        match column {
            0 => Cell::from(Value::Text(reason.clone())).swatched(*swatch),
            1 => Cell::from(Value::Number(*in_range))
                .with_bar(*in_range as f64 / most as f64)
                .swatched(*swatch),
            _ => Value::Number(*all).into(),
        }
    })
}

fn examples(rejects: &Arc<Rejects>) -> Sheet {
    let mut columns = vec![
        words("received_at"),
        words("reason"),
        // An offset alone names nothing: on screen, the three are one.
        words("place").only(Place::Screen).ranked(2),
        words("source").only(Place::File),
        numbers("partition").only(Place::File),
        numbers("position").only(Place::File),
        words("detail").long(),
    ];
    if rejects.may_see_bytes {
        columns.push(words("payload").long().ranked(1));
    }
    let of = Arc::clone(rejects);
    Sheet::new(
        "rejected_events",
        columns,
        rejects.examples.len(),
        move |row, column| {
            let example = &of.examples[row];
            match column {
                0 => Value::At(example.received_at).into(),
                1 => Value::Text(example.reason.clone()).into(),
                2 => Value::Text(place(example)).into(),
                3 => Value::Text(example.source.clone()).into(),
                4 => Value::Number(example.partition.into()).into(),
                5 => Value::Number(example.position).into(),
                6 => (example.detail.clone())
                    .map_or(Value::Nothing, Value::Text)
                    .into(),
                _ => (example.payload.clone())
                    .map_or(Value::Nothing, Value::Text)
                    .into(),
            }
        },
    )
}

/// Where an input came from: topic or file, partition and offset.
fn place(example: &Example) -> String {
    // A topic is named without its cluster.
    let topic = example.source.strip_prefix("kafka:");
    let name = topic.and_then(|source| Some(source.split_once('/')?.1));
    let name = name.unwrap_or(&example.source);
    let position = format::grouped(example.position);
    match topic {
        Some(_) => format!("{name} · {} · {position}", example.partition),
        None => format!("{name} · {position}"),
    }
}

/// The SQL statement that retries rejected input of one reason, or of all.
pub fn retry(reason: Option<&str>) -> String {
    let reason = reason.map_or("null".into(), |reason| {
        format!("'{}'", reason.replace('\'', "''"))
    });
    format!("select * from musicstream_retry_rejected({reason}, null, 100000);")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::Span,
        data::{Filter, Finality, reports::rejects::Example},
    };

    #[test]
    fn the_statement_quotes_its_reason() {
        assert_eq!(
            retry(Some("it's")),
            "select * from musicstream_retry_rejected('it''s', null, 100000);"
        );
        assert_eq!(
            retry(None),
            "select * from musicstream_retry_rejected(null, null, 100000);"
        );
    }

    #[test]
    fn days_without_rejects_are_zeros_and_bytes_are_a_column_where_they_may_be_seen() {
        let mut rejects = Rejects {
            by_reason: vec![("missing_field".into(), 3), ("day_frozen".into(), 1)],
            by_day: vec![
                (Day(1), "missing_field".into(), 3),
                (Day(3), "day_frozen".into(), 1),
            ],
            examples: vec![Example {
                rejected_id: 7,
                received_at: 0,
                reason: "missing_field".into(),
                source: "file:x".into(),
                partition: 0,
                position: 12,
                detail: Some("ts is absent".into()),
                payload: Some("{\"a\", 1}".into()),
            }],
            first_at: Some(Day(1).start()),
            ..Rejects::default()
        };
        let all = Filter::default();
        let view = View {
            begin: Some(Day(2)),
            today: Day(3),
            ..View::of_days(Span::new(Day(1), Day(4)), &all, &[Finality::Final; 4])
        };
        let contents = Contents::new(&Arc::new(rejects.clone()), &view, |_| None);
        let line = |name: &str| contents.chart.lines.iter().find(|line| line.name == name);
        let line = line("missing_field").unwrap();
        let events = |at| line.counts.get(at).map(|count: Count| count.events);
        assert_eq!([0, 1, 2, 3].map(events), [Some(3), Some(0), Some(0), None]);
        assert_eq!(contents.reasons.cell(0, 1).bar, Some(1.0));
        assert_eq!(
            contents.sheet.cell(0, 2).value.shown(),
            "file:x · 12",
            "one column on screen, three in CSV"
        );
        assert!(contents.sheet.csv().contains(",file:x,0,12,"));
        assert!(!contents.sheet.csv().contains("payload"));
        rejects.may_see_bytes = true;
        let contents = Contents::new(&Arc::new(rejects), &view, |_| None);
        assert!(
            contents
                .sheet
                .csv()
                .ends_with(",ts is absent,\"{\"\"a\"\", 1}\"\r\n")
        );
    }

    /// Bars of days before the first event stand there, too, and zeros only where rows are read.
    #[test]
    fn the_chart_begins_where_rejects_are_known() {
        let mut rejects = Rejects {
            by_reason: vec![("missing_field".into(), 9)],
            by_day: vec![(Day(3), "missing_field".into(), 4)],
            first_at: Some(Day(1).start() + 7),
            ..Rejects::default()
        };
        let all = Filter::default();
        let view = |begin| View {
            begin,
            ..View::of_days(Span::new(Day(0), Day(4)), &all, &[Finality::Final; 5])
        };
        let known = |rejects: &Rejects, begin| {
            let contents = Contents::new(&Arc::new(rejects.clone()), &view(begin), |_| None);
            let all = [0, 1, 2, 3, 4].map(|at| contents.chart.together(at).map(|of| of.events));
            (contents.begin, all)
        };
        let zeros = [None, Some(0), Some(0), Some(4), Some(0)];
        assert_eq!(
            known(&rejects, None),
            (Some(Day(1)), zeros),
            "no event is stored"
        );
        assert_eq!(known(&rejects, Some(Day(2))), (Some(Day(1)), zeros));
        assert_eq!(
            known(&rejects, Some(Day(-9))).1[0],
            Some(0),
            "of an event before"
        );
        rejects.newest_only = Some((4, Day(3).start() + 9));
        let read = [None, None, None, Some(4), Some(0)];
        assert_eq!(known(&rejects, Some(Day(0))), (Some(Day(3)), read));
    }

    #[test]
    fn bars_and_list_have_the_same_colours_and_begin_with_the_data() {
        let names = ["h", "g", "f", "e", "d", "c", "b", "a"];
        let rejects = Rejects {
            by_reason: names
                .iter()
                .zip((1..=8).rev())
                .map(|(name, count)| ((*name).to_owned(), 10 * count))
                .collect(),
            by_day: names
                .iter()
                .zip(1..)
                .map(|(name, count)| (Day(3), (*name).to_owned(), count))
                .collect(),
            ..Rejects::default()
        };
        let all = Filter::default();
        let view = View {
            begin: Some(Day(2)),
            ..View::of_days(Span::new(Day(0), Day(4)), &all, &[Finality::Final; 5])
        };
        let contents = Contents::new(&Arc::new(rejects), &view, |_| None);
        let lines = &contents.chart.lines;
        let last = lines.last().unwrap();
        assert_eq!((lines.len(), &*last.name, last.others), (7, "2 others", 2));
        assert_eq!(last.figures.sum, 7 + 8);
        let events = |at| last.counts.get(at).map(|count: Count| count.events);
        assert_eq!(
            [0, 1, 2, 3, 4].map(events),
            [None, None, Some(0), Some(15), Some(0)],
            "nothing before the first event"
        );
        assert_eq!(contents.chart.highest(), 36);
        for row in 0..8 {
            let cell = contents.reasons.cell(row, 0);
            let swatch = match contents.colors.find(&cell.value.shown()) {
                Some(slot) => Swatch::Hue(slot),
                None => Swatch::Others,
            };
            assert_eq!(cell.swatch, Some(swatch));
            assert_eq!(swatch == Swatch::Others, row >= 6);
        }
        assert_eq!(contents.reasons.cell(0, 1).value, Value::Number(1));
        assert_eq!(contents.reasons.cell(0, 2).value, Value::Number(80));
    }
}
