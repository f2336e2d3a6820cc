//! From series to lines: which of them a view shows, slot by slot, with gaps where there is no row.

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
use std::{cmp::Reverse, sync::Arc};

/// What the heatmap is called.
pub const HEATMAP_TITLE: &str = "Every series, day by day";
/// What the chart of listeners is called.
pub const LISTENERS_TITLE: &str = "Distinct listeners a day, by region";

/// Names that have a series: one, or those without one of their own together.
#[derive(Clone, Debug)]
struct Group {
    members: Vec<usize>,
    name: String,
    /// How many names it stands for, where it stands for the others.
    others: usize,
}

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
    let pairs = (data.event_types.len() * data.regions.len()) as u32;
    let all = data.track(&(0..pairs).collect::<Vec<_>>());
    let before = Counts::new(Arc::clone(&all), span.plus(-shift));
    // Complete slots come first.
    let complete = (0..span.count()).take_while(|&at| data.finality(span.at(at)).is_complete());
    let complete = complete.count();
    let now = Counts::new(all, span);
    let compared = Comparison::new(&now, &before, complete, shift);
    // Weeks and months that lack days are not compared with whole ones.
    let is_whole = |counts: &Counts, at| {
        let days = counts.days(at);
        days.is_none_or(|days| days == data.grain.day_count(counts.slot(at)))
    };
    match data.grain {
        Grain::Week | Grain::Month => {
            compared.only(|at| is_whole(&now, at) && is_whole(&before, at))
        }
        _ => compared,
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
        let type_groups = groups(&data.event_types, &event_types, top, of_type);
        let region_groups = groups(&data.regions, &regions, top, of_region);
        let before = span.plus(-comparison.shift);
        Self {
            data,
            states: (0..span.count())
                .map(|index| data.finality(span.at(index)))
                .collect(),
            span,
            before: data.has_rows(before).then_some(before),
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
            View::Heatmap => one(HEATMAP_TITLE, self.pairs()),
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
                self.comparison.change(&all, &before)
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

/// Names with a series of their own, and the others together, if there are two of them at least.
fn groups(
    names: &[String],
    on: &[usize],
    top: Option<usize>,
    size: impl Fn(usize) -> i128,
) -> Vec<Group> {
    let alone = |at: usize| Group {
        members: vec![at],
        name: names[at].clone(),
        others: 0,
    };
    let top = match top {
        Some(top) if on.len() > top + 1 => top,
        _ => return on.iter().copied().map(alone).collect(),
    };
    let mut by_size: Vec<(i128, usize)> = on.iter().map(|&at| (size(at), at)).collect();
    by_size.sort_by_key(|(size, at)| (Reverse(*size), *at));
    let others = by_size.split_off(top);
    let mut shown: Vec<usize> = by_size.into_iter().map(|(_, at)| at).collect();
    shown.sort_unstable();
    let mut groups: Vec<Group> = shown.into_iter().map(alone).collect();
    let mut members: Vec<usize> = others.into_iter().map(|(_, at)| at).collect();
    members.sort_unstable();
    groups.push(Group {
        name: others_name(members.len()),
        others: members.len(),
        members,
    });
    groups
}

/// What those without a series of their own are called together.
fn others_name(count: usize) -> String {
    format!("{count} others")
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
        Builder::new(
            data,
            SPAN,
            &Filter::default(),
            &Filter::default(),
            ChartOptions::default(),
        )
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
        assert_eq!(charts[0].max(false, false), 100);
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
        let builder = Builder::new(
            &data,
            SPAN,
            &Filter::default(),
            &regions,
            ChartOptions::default(),
        );
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
        let builder = Builder::new(
            &data,
            SPAN,
            &none,
            &Filter::default(),
            ChartOptions::default(),
        );
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

    /// Ten regions: the number of each is its events, from the second day on ten times as many for the odd ones.
    fn many() -> Dataset {
        let rows = (1..=10).flat_map(|at: i64| {
            let region = format!("R{at:02}");
            let grown = if at % 2 == 1 { 10 } else { 1 };
            [
                row(1, "play", &region, at),
                row(8, "play", &region, at * grown),
            ]
        });
        Dataset::new(rows.collect(), noon(9))
    }

    fn lines(options: ChartOptions) -> Vec<(String, i64)> {
        let all = Filter::default();
        let span = Span::new(Slot(8), Slot(8));
        let data = many();
        let builder = Builder::new(&data, span, &all, &all, options);
        let chart = &builder.charts(View::ByEventType, Split::Both)[0];
        assert_eq!(chart.sum(), 10 * 25 + 30, "nothing is lost");
        let lines = chart.lines.iter();
        lines
            .map(|line| (line.name.clone(), line.figures.sum))
            .collect()
    }

    #[test]
    fn the_largest_have_a_series_and_the_others_one_together() {
        let top = |count| {
            lines(ChartOptions {
                top: Some(count),
                ..ChartOptions::default()
            })
        };
        let expected = [("R05", 50), ("R07", 70), ("R09", 90), ("7 others", 70)];
        let expected = expected.map(|(name, sum)| (name.to_owned(), sum));
        assert_eq!(top(3), expected);
        assert_eq!(top(9).len(), 10, "one name alone is no other");
        assert_eq!(top(8).last().unwrap(), &("2 others".to_owned(), 6));
    }

    #[test]
    fn series_come_by_name_size_or_change() {
        let order = |order, top| {
            let options = ChartOptions {
                order,
                top,
                ..ChartOptions::default()
            };
            let lines = lines(options).into_iter();
            lines.map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(order(SeriesOrder::Name, None)[..2], ["R01", "R02"]);
        assert_eq!(order(SeriesOrder::Size, None)[..3], ["R09", "R07", "R05"]);
        let by_change = order(SeriesOrder::Change, None);
        assert_eq!(
            by_change[4..6],
            ["R09", "R02"],
            "ten times as many, then as many"
        );
        assert_eq!(
            order(SeriesOrder::Size, Some(2)),
            ["R09", "R07", "8 others"]
        );
    }

    #[test]
    fn shares_are_of_what_the_chart_sums_up_to() {
        let data = data();
        let charts = builder(&data).charts(View::ByEventType, Split::Both);
        let (play, eu) = (&charts[0], &charts[0].lines[0]);
        let share = play.share(eu, 0).unwrap();
        assert_eq!((share.part, share.whole), (100, 110));
        assert_eq!(play.share(eu, 1), None, "a day without a row");
        assert_eq!(play.share(eu, 2), None, "nothing of nothing");
        let stacks = play.stacks(100);
        let slots: Vec<Vec<usize>> = stacks
            .iter()
            .map(|stretch| stretch.iter().map(|stack| stack.slots.start).collect())
            .collect();
        assert_eq!(slots, [vec![0], vec![3]], "gaps and empty days part them");
        let summed: f64 = stacks[0][0].shares.iter().sum();
        assert!((summed - 1.0).abs() < 1e-9);
    }
}
