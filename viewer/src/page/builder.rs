//! From series to lines: which of them a view shows, slot by slot, with gaps where there is no row.

use super::{
    chart::Chart,
    line::{Line, Slots},
    view::{Split, View},
};
use crate::{
    calendar::Span,
    data::{Dataset, Filter, Finality},
    series::Counts,
    stats::Comparison,
};
use std::sync::Arc;

/// What the heatmap is called.
pub const HEATMAP_TITLE: &str = "Every series, day by day";
/// What the chart of listeners is called.
pub const LISTENERS_TITLE: &str = "Distinct listeners a day, by region";

/// Works lines out of the data for one span and one choice of names.
pub(super) struct Builder<'a> {
    data: &'a Dataset,
    states: Vec<Finality>,
    span: Span,
    /// The slots to compare with, if there is any row in them.
    before: Option<Span>,
    event_types: Vec<usize>,
    regions: Vec<usize>,
    comparison: Comparison,
}

/// Which slots of a span can be compared with earlier ones, by all the series of the data.
pub(super) fn comparison(data: &Dataset, span: Span) -> Comparison {
    let shift = data.grain.comparison_shift(span.count());
    let pairs = (data.event_types.len() * data.regions.len()) as u32;
    let all = data.track(&(0..pairs).collect::<Vec<_>>());
    let before = Counts::new(Arc::clone(&all), span.plus(-shift));
    // Complete slots come first.
    let complete = (0..span.count()).take_while(|&at| data.finality(span.at(at)).is_complete());
    let complete = complete.count();
    Comparison::new(&Counts::new(all, span), &before, complete, shift)
}

impl<'a> Builder<'a> {
    /// Reads the span and, to compare, the whole weeks before it.
    pub(super) fn new(
        data: &'a Dataset,
        span: Span,
        event_types: &Filter,
        regions: &Filter,
    ) -> Self {
        let comparison = comparison(data, span);
        let before = span.plus(-comparison.shift);
        Self {
            data,
            states: (0..span.count())
                .map(|index| data.finality(span.at(index)))
                .collect(),
            span,
            before: data.has_rows(before).then_some(before),
            event_types: on(&data.event_types, event_types),
            regions: on(&data.regions, regions),
            comparison,
        }
    }

    /// The same with the comparison of other lines on the same page.
    pub(super) fn comparing_as(self, comparison: &Comparison) -> Self {
        Self {
            comparison: comparison.clone(),
            ..self
        }
    }

    /// Which slots are compared with earlier ones.
    pub(super) fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    /// State of each slot of the span.
    pub(super) fn states(&self) -> &[Finality] {
        &self.states
    }

    /// All that is switched on, as one series.
    pub(super) fn total(&self, name: &str) -> Line {
        self.line(&self.event_types, &self.regions, name, name, name, 0)
    }

    /// A series for each event type that is on, over the regions that are on.
    pub(super) fn by_event_type(&self) -> Vec<Line> {
        self.event_types
            .iter()
            .map(|&at| {
                let name = &self.data.event_types[at];
                self.line(&[at], &self.regions, name, name, name, 0)
            })
            .collect()
    }

    /// A series for each region that is on, over the event types that are on.
    pub(super) fn by_region(&self) -> Vec<Line> {
        self.regions
            .iter()
            .map(|&at| {
                let name = &self.data.regions[at];
                self.line(&self.event_types, &[at], name, name, name, 0)
            })
            .collect()
    }

    /// The charts of a view. The table has none.
    pub(super) fn charts(&self, view: View, split: Split) -> Vec<Chart> {
        if self.event_types.is_empty() || self.regions.is_empty() {
            return Vec::new();
        }
        match view {
            View::ByEventType => self
                .event_types
                .iter()
                .map(|&event_type| {
                    let regions = self.regions.iter();
                    let lines = regions.map(|&region| self.pair(event_type, region, Short::Region));
                    let title = self.data.event_types[event_type].clone();
                    let all = self.counts(&[event_type], &self.regions, self.span);
                    Chart::new(title, lines.collect(), all)
                })
                .collect(),
            View::ByRegion => self
                .regions
                .iter()
                .map(|&region| {
                    let types = self.event_types.iter();
                    let lines = types.map(|&at| self.pair(at, region, Short::EventType));
                    let all = self.counts(&self.event_types, &[region], self.span);
                    Chart::new(self.data.regions[region].clone(), lines.collect(), all)
                })
                .collect(),
            View::Overlay | View::Live => {
                let lines = match split {
                    Split::EventTypes => self.by_event_type(),
                    Split::Regions => self.by_region(),
                    Split::Both => self.pairs(),
                };
                vec![Chart::new(split.title().to_owned(), lines, self.all())]
            }
            View::Heatmap => {
                vec![Chart::new(HEATMAP_TITLE.into(), self.pairs(), self.all())]
            }
            View::Listeners => {
                let lines = self.by_region();
                vec![Chart::new(LISTENERS_TITLE.into(), lines, self.all())]
            }
            View::Table => Vec::new(),
        }
    }

    fn counts(&self, event_types: &[usize], regions: &[usize], span: Span) -> Counts {
        let pairs = event_types.iter().flat_map(|&event_type| {
            let regions = regions.iter();
            regions.map(move |&region| self.data.pair(event_type, region))
        });
        Counts::new(self.data.track(&pairs.collect::<Vec<_>>()), span)
    }

    fn all(&self) -> Counts {
        self.counts(&self.event_types, &self.regions, self.span)
    }

    fn pairs(&self) -> Vec<Line> {
        let regions = |event_type| {
            self.regions
                .iter()
                .map(move |&region| self.pair(event_type, region, Short::Both))
        };
        self.event_types
            .iter()
            .flat_map(|&event_type| regions(event_type))
            .collect()
    }

    fn pair(&self, event_type: usize, region: usize, short: Short) -> Line {
        let event_type_name = &self.data.event_types[event_type];
        let region_name = &self.data.regions[region];
        let full_name = format!("{event_type_name} · {region_name}");
        let (name, color_name, marker) = match short {
            Short::Region => (region_name, region_name, 0),
            Short::EventType => (event_type_name, event_type_name, 0),
            Short::Both => (&full_name, region_name, event_type),
        };
        self.line(
            &[event_type],
            &[region],
            name,
            &full_name,
            color_name,
            marker,
        )
    }

    fn line(
        &self,
        event_types: &[usize],
        regions: &[usize],
        name: &str,
        full_name: &str,
        color_name: &str,
        marker: usize,
    ) -> Line {
        let counts = self.counts(event_types, regions, self.span);
        let before = self
            .before
            .map(|span| self.counts(event_types, regions, span))
            .unwrap_or_default();
        Line::new(
            name,
            full_name,
            color_name,
            marker,
            counts,
            before,
            Slots {
                states: &self.states,
                comparison: &self.comparison,
            },
        )
    }
}

/// Which part of a pair its chart has not said already.
#[derive(Clone, Copy)]
enum Short {
    EventType,
    Region,
    Both,
}

fn on(names: &[String], filter: &Filter) -> Vec<usize> {
    (0..names.len())
        .filter(|&at| filter.is_on(&names[at]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::{Slot, Zone},
        data::tests::{noon, row},
        stats::Change,
    };

    fn data() -> Dataset {
        Dataset::new(
            vec![
                row(1, "play", "EU", 50),
                row(8, "play", "EU", 100),
                row(8, "play", "US", 10),
                row(10, "play", "EU", 0),
                row(10, "stop", "US", 7),
                row(11, "play", "EU", 1),
            ],
            noon(11),
        )
    }

    const SPAN: Span = Span {
        first: Slot(8),
        last: Slot(11),
    };

    fn builder(data: &Dataset) -> Builder<'_> {
        Builder::new(data, SPAN, &Filter::default(), &Filter::default())
    }

    fn events(line: &Line) -> Vec<Option<i64>> {
        line.counts
            .iter()
            .map(|count| count.map(|count| count.events))
            .collect()
    }

    #[test]
    fn a_chart_for_each_event_type_with_gaps_and_zeros_apart() {
        let data = data();
        let charts = builder(&data).charts(View::ByEventType, Split::Both);
        let titles: Vec<&str> = charts.iter().map(|chart| chart.title.as_str()).collect();
        assert_eq!(titles, ["play", "stop"]);
        let eu = &charts[0].lines[0];
        assert_eq!(
            (eu.name.as_str(), eu.full_name.as_str()),
            ("EU", "play · EU")
        );
        assert_eq!(events(eu), [Some(100), None, Some(0), Some(1)]);
        assert_eq!(
            eu.change,
            Change::Share(1.0),
            "day 8 against day 1, today left out"
        );
        assert_eq!(charts[0].max(false), 100);
        assert_eq!(charts[0].sum(), 111);
    }

    #[test]
    fn a_minute_without_a_row_is_a_zero_if_anything_came_of_it() {
        let days = data();
        let data = days.clone().by_minute(Zone::default());
        let charts = builder(&data).charts(View::Live, Split::Both);
        let line = |name| charts[0].lines.iter().find(|line| line.name == name);
        let us = events(line("play · US").unwrap());
        assert_eq!(us, [Some(10), None, Some(0), Some(0)]);
        let charts = builder(&days).charts(View::Overlay, Split::Both);
        assert_eq!(events(&charts[0].lines[1])[2], None, "a day stays a gap");
    }

    #[test]
    fn totals_follow_the_filter() {
        let data = data();
        let mut regions = Filter::default();
        regions.toggle("EU");
        let builder = Builder::new(&data, SPAN, &Filter::default(), &regions);
        assert_eq!(
            events(&builder.total("all")),
            [Some(10), None, Some(7), None]
        );
        assert_eq!(builder.by_region().len(), 1);
    }

    #[test]
    fn the_overlay_splits_as_asked() {
        let data = data();
        let names = |split| -> Vec<String> {
            builder(&data).charts(View::Overlay, split)[0]
                .lines
                .iter()
                .map(|line| line.name.clone())
                .collect()
        };
        assert_eq!(names(Split::EventTypes), ["play", "stop"]);
        assert_eq!(names(Split::Regions), ["EU", "US"]);
        assert_eq!(
            names(Split::Both),
            ["play · EU", "play · US", "stop · EU", "stop · US"]
        );
    }

    #[test]
    fn nothing_chosen_gives_no_chart() {
        let data = data();
        let mut none = Filter::default();
        none.none(&data.event_types);
        let builder = Builder::new(&data, SPAN, &none, &Filter::default());
        for view in View::ALL {
            assert!(
                builder.charts(view, Split::EventTypes).is_empty(),
                "{view:?}"
            );
        }
    }

    #[test]
    fn a_ranking_is_sorted_with_gaps_last() {
        let data = data();
        let charts = builder(&data).charts(View::Overlay, Split::Both);
        let names: Vec<&str> = charts[0]
            .ranking(0)
            .iter()
            .map(|(line, _)| line.name.as_str())
            .collect();
        assert_eq!(names[..2], ["play · EU", "play · US"]);
        assert!(charts[0].ranking(0)[2].1.is_none());
    }
}
