//! Rejected input: reasons, a chart of them by day, and examples.

use super::{
    sheet::{Cell, Sheet, Sort, Value, numbers, words},
    view::View,
};
use crate::{
    calendar::{Day, Grain, quantity},
    data::{Count, reports::rejects::Rejects},
    page::{
        chart::Chart,
        colors::ColorSlots,
        line::{Line, Slots},
    },
    series::Counts,
    stats::{Change, Comparison},
};
use std::sync::Arc;

/// What the chart is called.
pub const TITLE: &str = "Rejected by day received (UTC)";

/// What the report shows.
pub struct Contents {
    /// What was read.
    pub rejects: Arc<Rejects>,
    /// A line for each reason.
    pub chart: Chart,
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
        let names: Vec<String> = rejects.by_reason.iter().map(|row| row.0.clone()).collect();
        let mut colors = ColorSlots::default();
        colors.assign(&names);
        Self {
            chart: chart(rejects, &names, view),
            colors,
            reasons: reasons(rejects).sorted(sort("reasons")),
            sheet: examples(rejects).sorted(sort("rejected_events")),
            rejects: Arc::clone(rejects),
        }
    }

    /// The reason of a row of the table of reasons, as it was given.
    pub fn reason(&self, row: usize) -> Option<&str> {
        Some(&self.rejects.by_reason.get(row)?.0)
    }
}

/// A day on which nothing of a reason was rejected is a zero: nothing is missing.
fn chart(rejects: &Rejects, names: &[String], view: &View<'_>) -> Chart {
    let counts = |is_of: &dyn Fn(&str) -> bool| -> Counts {
        let mut days = vec![Some(Count::default()); view.span.count()];
        for (day, reason, rejected) in &rejects.by_day {
            if let (Some(at), true) = (view.span.index(*day), is_of(reason)) {
                let sum = days[at].unwrap_or_default();
                days[at] = Some(sum.plus(Count {
                    events: *rejected,
                    late_events: 0,
                }));
            }
        }
        days.into_iter()
            .enumerate()
            .map(|(at, count)| count.filter(|_| is_past(view.span.at(at), view.today)))
            .collect::<Vec<_>>()
            .into()
    };
    let comparison = Comparison::default();
    let slots = Slots {
        states: view.states,
        comparison: &comparison,
        grain: Grain::Day,
    };
    let lines = names.iter().map(|name| {
        let of = counts(&|reason| reason == name);
        Line::new(name, name, name, 0, of, Counts::default(), slots)
    });
    Chart::new(
        TITLE.into(),
        lines.collect(),
        counts(&|_| true),
        Change::Nothing,
    )
}

fn is_past(day: Day, today: Day) -> bool {
    day <= today
}

fn reasons(rejects: &Arc<Rejects>) -> Sheet {
    let columns = vec![
        words("reason").long(),
        numbers("rejected"),
        numbers("share").ranked(1),
    ];
    let (of, all) = (Arc::clone(rejects), rejects.count());
    let most = (of.by_reason.iter().map(|row| row.1))
        .max()
        .unwrap_or(1)
        .max(1);
    Sheet::new(
        "reasons",
        columns,
        rejects.by_reason.len(),
        move |row, column| {
            let (reason, rejected) = &of.by_reason[row];
            match column {
                0 => Value::Text(reason.clone()).into(),
                1 => Cell::from(Value::Number(*rejected)).with_bar(*rejected as f64 / most as f64),
                _ => quantity::rate(*rejected, all)
                    .map_or(Value::Nothing, Value::Rate)
                    .into(),
            }
        },
    )
}

fn examples(rejects: &Arc<Rejects>) -> Sheet {
    let mut columns = vec![
        words("received_at"),
        words("reason"),
        words("source").long().ranked(3),
        numbers("partition").ranked(4),
        numbers("position").ranked(2),
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
                2 => Value::Text(example.source.clone()).into(),
                3 => Value::Number(example.partition.into()).into(),
                4 => Value::Number(example.position).into(),
                5 => (example.detail.clone())
                    .map_or(Value::Nothing, Value::Text)
                    .into(),
                _ => (example.payload.clone())
                    .map_or(Value::Nothing, Value::Text)
                    .into(),
            }
        },
    )
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
            ..Rejects::default()
        };
        let view = View {
            span: Span::new(Day(1), Day(4)),
            shift: 7,
            regions: &Filter::default(),
            today: Day(3),
            states: &[Finality::Final; 4],
        };
        let contents = Contents::new(&Arc::new(rejects.clone()), &view, |_| None);
        let line = &contents.chart.lines[0];
        let events = |at| line.counts.get(at).map(|count: Count| count.events);
        assert_eq!([0, 1, 2, 3].map(events), [Some(3), Some(0), Some(0), None]);
        assert_eq!(contents.reasons.cell(0, 2).value.shown(), "75.0 %");
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
}
