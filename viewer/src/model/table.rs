//! The metrics table: the rows of the slice that is looked at, sorted, with totals.

use super::{
    data::{Cell, Dataset},
    filter::Filter,
    span::Span,
    stats::Count,
    track::Sum,
};
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, ops::Range, sync::Arc};

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Column {
    /// UTC day.
    Day,
    /// Event type.
    EventType,
    /// Region.
    Region,
    /// Events of the day.
    Events,
    /// Late ones among them.
    Late,
    /// Final, over, not final, so far.
    State,
    /// When the row last changed.
    Updated,
}

impl Column {
    /// From left to right.
    pub const ALL: [Self; 7] = [
        Self::Day,
        Self::EventType,
        Self::Region,
        Self::Events,
        Self::Late,
        Self::State,
        Self::Updated,
    ];

    /// Whether the largest is the more interesting end, so that a first click sorts downwards.
    fn starts_descending(self) -> bool {
        matches!(self, Self::Day | Self::Events | Self::Late | Self::Updated)
    }
}

/// By which column, in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// Largest first.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            column: Column::Day,
            descending: true,
        }
    }
}

impl Sort {
    /// What a click on a header makes of it: its usual direction first, then the other one.
    pub fn clicked(self, column: Column) -> Self {
        let descending = match self {
            _ if self.column == column => !self.descending,
            _ => column.starts_descending(),
        };
        Self { column, descending }
    }
}

/// The rows of a slice: positions in [`Dataset::cells`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// In the order shown.
    pub rows: Rows,
    /// Sum over all rows.
    pub total: Count,
}

impl Table {
    /// Picks and sorts the rows of a slice. Ties stay in the order day (latest first), event type, region.
    pub fn new(
        data: &Dataset,
        span: Span,
        event_types: &Filter,
        regions: &Filter,
        sort: Sort,
    ) -> Self {
        let order = Order {
            event_types: on(&data.event_types, event_types),
            regions: on(&data.regions, regions),
            sort,
        };
        let mut total = Sum::default();
        for (event_type, _) in order.event_types.iter().enumerate().filter(|(_, on)| **on) {
            for (region, _) in order.regions.iter().enumerate().filter(|(_, on)| **on) {
                total = total.plus(data.columns.sum(event_type, region, span));
            }
        }
        // Those of the last filters and sorts, of which one is looked at.
        let all = data.orders.get(order.clone(), 4, || order.of(data).into());
        let day = |row: &u32| data.cells[*row as usize].day;
        let rows = match sort.column {
            // Days that follow one another are rows that do.
            Column::Day => {
                let (from, to) = match sort.descending {
                    true => (
                        all.partition_point(|row| day(row) > span.last),
                        all.partition_point(|row| day(row) >= span.first),
                    ),
                    false => (
                        all.partition_point(|row| day(row) < span.first),
                        all.partition_point(|row| day(row) <= span.last),
                    ),
                };
                Rows {
                    shown: from..to.max(from),
                    all,
                }
            }
            _ if data
                .bounds()
                .is_some_and(|(first, last)| span.first <= first && last <= span.last) =>
            {
                Rows {
                    shown: 0..all.len(),
                    all,
                }
            }
            _ => {
                let rows = all.iter().filter(|row| span.contains(day(row)));
                let all: Arc<[u32]> = rows.copied().collect();
                Rows {
                    shown: 0..all.len(),
                    all,
                }
            }
        };
        Self {
            rows,
            total: total.count(),
        }
    }
}

/// Some rows, of an order that is worked out once for all spans.
#[derive(Clone, Debug)]
pub struct Rows {
    all: Arc<[u32]>,
    shown: Range<usize>,
}

impl std::ops::Deref for Rows {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.all[self.shown.clone()]
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Rows {}

/// Which rows there are, over all days, and in which order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Order {
    event_types: Vec<bool>,
    regions: Vec<bool>,
    sort: Sort,
}

impl Order {
    fn of(&self, data: &Dataset) -> Vec<u32> {
        let is_on = |cell: &Cell| {
            self.event_types[usize::from(cell.event_type)] && self.regions[usize::from(cell.region)]
        };
        let mut rows = Vec::with_capacity(data.cells.len());
        // The usual order without a sort: cells come by day, event type, region.
        let mut end = data.cells.len();
        for day in data.cells.chunk_by(|a, b| a.day == b.day).rev() {
            let start = end - day.len();
            end = start;
            let on = day.iter().enumerate().filter(|(_, cell)| is_on(cell));
            rows.extend(on.map(|(at, _)| (start + at) as u32));
        }
        if self.sort == Sort::default() {
            return rows;
        }
        rows.sort_by(|&a, &b| {
            let (a, b) = (&data.cells[a as usize], &data.cells[b as usize]);
            let order = compare(data, a, b, self.sort.column);
            let order = if self.sort.descending {
                order.reverse()
            } else {
                order
            };
            order
                .then_with(|| b.day.cmp(&a.day))
                .then_with(|| (a.event_type, a.region).cmp(&(b.event_type, b.region)))
        });
        rows
    }
}

fn on(names: &[String], filter: &Filter) -> Vec<bool> {
    names.iter().map(|name| filter.is_on(name)).collect()
}

fn compare(data: &Dataset, a: &Cell, b: &Cell, column: Column) -> Ordering {
    match column {
        Column::Day => a.day.cmp(&b.day),
        Column::EventType => a.event_type.cmp(&b.event_type),
        Column::Region => a.region.cmp(&b.region),
        Column::Events => a.events.cmp(&b.events),
        Column::Late => a.late_events.cmp(&b.late_events),
        Column::State => data.day_state(a.day).cmp(&data.day_state(b.day)),
        Column::Updated => a.updated_at.cmp(&b.updated_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        data::tests::{noon, row},
        day::Day,
    };

    fn data() -> Dataset {
        Dataset::new(
            vec![
                row(1, "play", "EU", 5),
                row(2, "play", "EU", 9_007_199_254_740_993),
                row(2, "stop", "US", 9_007_199_254_740_992),
                row(3, "play", "US", 7),
            ],
            noon(3),
        )
    }

    fn events(data: &Dataset, sort: Sort) -> Vec<i64> {
        let span = Span::new(Day(2), Day(9));
        let table = Table::new(data, span, &Filter::default(), &Filter::default(), sort);
        table
            .rows
            .iter()
            .map(|&row| data.cells[row as usize].events)
            .collect()
    }

    #[test]
    fn latest_day_first_unless_asked_otherwise() {
        let data = data();
        let large = 9_007_199_254_740_992;
        assert_eq!(events(&data, Sort::default()), [7, large + 1, large]);
        let by_events = Sort::default().clicked(Column::Events);
        assert_eq!(
            events(&data, by_events),
            [large + 1, large, 7],
            "exact above 2^53"
        );
        let again = by_events.clicked(Column::Events);
        assert_eq!(events(&data, again), [7, large, large + 1]);
    }

    #[test]
    fn the_short_cut_gives_the_order_of_the_sort() {
        let rows = (0..200).map(|at| {
            row(
                at * 7 % 13,
                ["a", "b", "c"][at as usize % 3],
                ["x", "y"][at as usize % 2],
                1,
            )
        });
        let data = Dataset::new(rows.collect(), noon(20));
        let all = Filter::default();
        let span = Span::new(Day(0), Day(20));
        let table = Table::new(&data, span, &all, &all, Sort::default());
        let key = |row: &u32| {
            let cell = data.cells[*row as usize];
            (std::cmp::Reverse(cell.day), cell.event_type, cell.region)
        };
        assert!(table.rows.is_sorted_by_key(key));
        assert_eq!(table.rows.len(), 200);
    }

    #[test]
    fn totals_count_the_slice_only() {
        let data = data();
        let mut regions = Filter::default();
        regions.toggle("US");
        let span = Span::new(Day(1), Day(3));
        let table = Table::new(&data, span, &Filter::default(), &regions, Sort::default());
        assert_eq!(table.rows.len(), 2);
        assert_eq!(table.total.events, 9_007_199_254_740_998);
    }

    #[test]
    fn a_text_column_starts_ascending() {
        let sort = Sort::default().clicked(Column::Region);
        assert!(!sort.descending);
        assert!(sort.clicked(Column::Region).descending);
    }
}
