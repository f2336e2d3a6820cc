//! From series to lines: which of them a view shows, slot by slot, with gaps where there is no row.

mod groups;

pub use groups::NameOthers;

use super::{
    chart::Chart,
    line::{Line, Slots},
    options::{ChartOptions, SeriesOrder},
    view::{Split, View},
};
use crate::{
    calendar::{Grain, Span},
    data::{Dataset, Filter, Finality},
    series::Counts,
    stats::{Change, Comparison},
};
use groups::{Group, groups, on};
use std::{cmp::Reverse, sync::Arc};

/// What the heatmap is called, by what its slots are.
pub const HEATMAP_TITLES: [&str; 3] = [
    "Every series, day by day",
    "Every series, week by week",
    "Every series, month by month",
];
/// What the chart of listeners is called.
pub const LISTENERS_TITLE: &str = "Distinct listeners a day, by region";

/// Works lines out of the data for one span and one choice of names.
pub(super) struct Builder<'a> {
    data: &'a Dataset,
    states: Vec<Finality>,
    span: Span,
    /// The slots to compare with, if there is any row in them.
    before: Option<Span>,
    event_types: Vec<Group>,
    regions: Vec<Group>,
    comparison: Comparison,
    order: SeriesOrder,
}

/// Which slots of a span can be compared with earlier ones, by all the series of the data.
pub(super) fn comparison(data: &Dataset, span: Span) -> Comparison {
    let shift = data.grain.comparison_shift(span.count());
    let all = data.all();
    let before = Counts::new(Arc::clone(&all), span.plus(-shift));
    // Complete slots come first.
    let complete = (0..span.count()).take_while(|&at| data.finality(span.at(at)).is_complete());
    let complete = complete.count();
    let now = Counts::new(all, span);
    let compared = Comparison::new(&now, &before, complete, shift);
    // Weeks and months that lack days are not compared with whole ones.
    let is_whole = |counts: &Counts, at| counts.is_whole(at, data.grain);
    match data.grain.sums_days() {
        true => compared.only(|at| is_whole(&now, at) && is_whole(&before, at)),
        false => compared,
    }
}

impl<'a> Builder<'a> {
    /// Reads the span and, to compare, the whole weeks before it.
    pub(super) fn new(
        data: &'a Dataset,
        span: Span,
        event_types: &Filter,
        regions: &Filter,
        options: ChartOptions,
        name_others: NameOthers,
    ) -> Self {
        let comparison = comparison(data, span);
        let (event_types, regions) = (
            on(&data.event_types, event_types),
            on(&data.regions, regions),
        );
        let sum = |event_type: usize, region: usize| {
            let track = data.series(data.pair(event_type, region));
            track.sum(track.between(span.first, span.last)).events()
        };
        let of_type = |at: usize| regions.iter().map(|region| sum(at, *region)).sum();
        let of_region = |at: usize| event_types.iter().map(|of| sum(*of, at)).sum();
        let top = options.top.map(usize::from);
        let type_groups = groups(&data.event_types, &event_types, top, of_type, name_others);
        let region_groups = groups(&data.regions, &regions, top, of_region, name_others);
        let before = span.plus(-comparison.shift);
        Self {
            data,
            states: (0..span.count())
                .map(|index| data.finality(span.at(index)))
                .collect(),
            span,
            before: data.has_counts(before).then_some(before),
            event_types: type_groups,
            regions: region_groups,
            comparison,
            order: options.order,
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
        let [event_types, regions] = self.everything();
        self.line(&event_types, &regions, [name, name, name], 0)
    }

    /// A series for each event type that is on, over the regions that are on.
    pub(super) fn by_event_type(&self) -> Vec<Line> {
        let [_, regions] = self.everything();
        let lines = self.event_types.iter().map(|group| {
            let names = [group.name.as_str(); 3];
            let line = self.line(&group.members, &regions, names, 0);
            line.standing_for(group.others)
        });
        self.sorted(lines.collect())
    }

    /// A series for each region that is on, over the event types that are on.
    pub(super) fn by_region(&self) -> Vec<Line> {
        let [event_types, _] = self.everything();
        let lines = self.regions.iter().map(|group| {
            let names = [group.name.as_str(); 3];
            let line = self.line(&event_types, &group.members, names, 0);
            line.standing_for(group.others)
        });
        self.sorted(lines.collect())
    }

    /// The charts of a view. The table has none.
    pub(super) fn charts(&self, view: View, split: Split) -> Vec<Chart> {
        if self.event_types.is_empty() || self.regions.is_empty() {
            return Vec::new();
        }
        let [event_types, regions] = self.everything();
        let one = |title: &str, lines| vec![self.chart(title, lines, &event_types, &regions)];
        match view {
            View::ByEventType => {
                let charts = self.event_types.iter().enumerate().map(|(at, group)| {
                    let pairs = self.regions.iter();
                    let lines = pairs.map(|region| self.pair((at, group), region, Short::Region));
                    let lines = self.sorted(lines.collect());
                    self.chart(&group.name, lines, &group.members, &regions)
                });
                self.sorted_charts(charts.collect(), &self.event_types)
            }
            View::ByRegion => {
                let charts = self.regions.iter().map(|group| {
                    let pairs = self.event_types.iter().enumerate();
                    let lines = pairs.map(|pair| self.pair(pair, group, Short::EventType));
                    let lines = self.sorted(lines.collect());
                    self.chart(&group.name, lines, &event_types, &group.members)
                });
                self.sorted_charts(charts.collect(), &self.regions)
            }
            View::Overlay | View::Live => {
                let lines = match split {
                    Split::EventTypes => self.by_event_type(),
                    Split::Regions => self.by_region(),
                    Split::Both => self.pairs(),
                };
                one(split.title(), lines)
            }
            View::Heatmap => {
                let title = match self.data.grain {
                    Grain::Week => HEATMAP_TITLES[1],
                    Grain::Month => HEATMAP_TITLES[2],
                    _ => HEATMAP_TITLES[0],
                };
                one(title, self.pairs())
            }
            View::Listeners => one(LISTENERS_TITLE, self.by_region()),
            // Reports work their charts out by themselves.
            View::Table | View::Listening | View::Songs | View::Pipeline | View::Rejects => {
                Vec::new()
            }
        }
    }

    /// All event types and regions that are on.
    fn everything(&self) -> [Vec<usize>; 2] {
        [&self.event_types, &self.regions].map(|groups| {
            let members = groups.iter().flat_map(|group| &group.members);
            members.copied().collect()
        })
    }

    fn counts(&self, event_types: &[usize], regions: &[usize], span: Span) -> Counts {
        let pairs = event_types.iter().flat_map(|&event_type| {
            let regions = regions.iter();
            regions.map(move |&region| self.data.pair(event_type, region))
        });
        Counts::new(self.data.track(&pairs.collect::<Vec<_>>()), span)
    }

    fn before(&self, event_types: &[usize], regions: &[usize]) -> Counts {
        self.before
            .map(|span| self.counts(event_types, regions, span))
            .unwrap_or_default()
    }

    fn chart(
        &self,
        title: &str,
        lines: Vec<Line>,
        event_types: &[usize],
        regions: &[usize],
    ) -> Chart {
        let all = self.counts(event_types, regions, self.span);
        let change = match self.order {
            SeriesOrder::Change => {
                let before = self.before(event_types, regions);
                self.comparison.change(&all, &before, self.data.grain).0
            }
            _ => Change::Nothing,
        };
        Chart::new(title.to_owned(), lines, all, change)
    }

    fn pairs(&self) -> Vec<Line> {
        let lines = self.event_types.iter().enumerate().flat_map(|event_type| {
            let regions = self.regions.iter();
            regions.map(move |region| self.pair(event_type, region, Short::Both))
        });
        self.sorted(lines.collect())
    }

    fn pair(&self, (at, event_type): (usize, &Group), region: &Group, short: Short) -> Line {
        let full_name = format!("{} · {}", event_type.name, region.name);
        let (name, color_name, marker, others) = match short {
            Short::Region => (&region.name, &region.name, 0, region.others),
            Short::EventType => (&event_type.name, &event_type.name, 0, event_type.others),
            Short::Both => (&full_name, &region.name, at, region.others),
        };
        let names = [name.as_str(), &full_name, color_name];
        let line = self.line(&event_type.members, &region.members, names, marker);
        line.standing_for(others)
    }

    fn line(
        &self,
        event_types: &[usize],
        regions: &[usize],
        [name, full_name, color_name]: [&str; 3],
        marker: usize,
    ) -> Line {
        let counts = self.counts(event_types, regions, self.span);
        let before = self.before(event_types, regions);
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
                grain: self.data.grain,
            },
        )
    }

    /// In the order that was asked for; what stands for the others comes last.
    fn sorted(&self, mut lines: Vec<Line>) -> Vec<Line> {
        match self.order {
            SeriesOrder::Name => {}
            SeriesOrder::Size => lines.sort_by_key(|line| (line.others, Reverse(line.figures.sum))),
            SeriesOrder::Change => lines.sort_by(|a, b| {
                let others = a.others.cmp(&b.others);
                others.then_with(|| growth(b.change).total_cmp(&growth(a.change)))
            }),
        }
        lines
    }

    fn sorted_charts(&self, charts: Vec<Chart>, groups: &[Group]) -> Vec<Chart> {
        let mut charts: Vec<(usize, Chart)> = groups
            .iter()
            .map(|group| group.others)
            .zip(charts)
            .collect();
        match self.order {
            SeriesOrder::Name => {}
            SeriesOrder::Size => {
                charts.sort_by_key(|(others, chart)| (*others, Reverse(chart.sum())));
            }
            SeriesOrder::Change => charts.sort_by(|(a_others, a), (b_others, b)| {
                let others = a_others.cmp(b_others);
                others.then_with(|| growth(b.change).total_cmp(&growth(a.change)))
            }),
        }
        charts.into_iter().map(|(_, chart)| chart).collect()
    }
}

/// For an order: what was not there before has grown most, and what cannot be compared comes last.
fn growth(change: Change) -> f64 {
    match change {
        Change::Nothing => f64::NEG_INFINITY,
        Change::New => f64::INFINITY,
        Change::Share(share) => share,
    }
}

/// Which part of a pair its chart has not said already.
#[derive(Clone, Copy)]
enum Short {
    EventType,
    Region,
    Both,
}

#[cfg(test)]
mod tests;
