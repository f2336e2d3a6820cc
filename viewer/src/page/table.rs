//! The metrics table: the rows of the slice that is looked at, sorted, with totals.

use super::extra::Extra;
use crate::{
    calendar::Span,
    data::{Column, Count, Dataset, Filter, Order, Rows, Sort, Sum},
};
use std::sync::Arc;

/// The rows of a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// In the order shown.
    pub rows: Rows,
    /// Sum over all rows.
    pub total: Count,
    /// The largest number of events of a row.
    pub largest: i64,
    /// Computed columns.
    pub extra: Extra,
    /// The sort in effect: the default if the chosen column is not shown.
    pub sort: Sort,
}

impl Table {
    /// Picks and sorts the rows of a slice. Ties stay in the order slot (latest first), event type, region.
    pub fn new(
        data: &Dataset,
        span: Span,
        event_types: &Filter,
        regions: &Filter,
        sort: Sort,
        extra: Extra,
    ) -> Self {
        let sort = extra.sort(sort, data);
        let order = Order {
            event_types: on(&data.event_types, event_types),
            regions: on(&data.regions, regions),
            sort,
            whole: extra.whole().filter(|_| sort.column == Column::Share),
        };
        let (mut total, mut largest) = (Sum::default(), 0);
        for (event_type, _) in order.event_types.iter().enumerate().filter(|(_, on)| **on) {
            for (region, _) in order.regions.iter().enumerate().filter(|(_, on)| **on) {
                let track = data.series(data.pair(event_type, region));
                let rows = track.between(span.first, span.last);
                total = total.plus(track.sum(rows.clone()));
                largest = track
                    .extremes(rows)
                    .map_or(largest, |(_, high)| high.max(largest));
            }
        }
        let all = data.rows(&order, extra.computed(data, sort.column));
        let shows_all = data
            .bounds()
            .is_some_and(|bounds| span.intersect(bounds) == Some(bounds));
        let rows = match (sort.column, sort.descending) {
            _ if shows_all => Rows::new(Arc::clone(&all), 0..all.len()),
            // Slots that follow one another are rows that do.
            (Column::Slot, true) => {
                let from = all.partition_point(|row| data.slot(*row) > span.last);
                let to = all.partition_point(|row| data.slot(*row) >= span.first);
                Rows::new(all, from..to.max(from))
            }
            (Column::Slot, false) => {
                let from = all.partition_point(|row| data.slot(*row) < span.first);
                let to = all.partition_point(|row| data.slot(*row) <= span.last);
                Rows::new(all, from..to.max(from))
            }
            _ => {
                let within = data.rows_within(&all, span);
                let count = within.len();
                Rows::new(within, 0..count)
            }
        };
        Self {
            rows,
            total: total.count(),
            largest,
            extra,
            sort,
        }
    }
}

fn on(names: &[String], filter: &Filter) -> Vec<bool> {
    names.iter().map(|name| filter.is_on(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        calendar::{Grain, Slot},
        data::{
            RowId,
            tests::{noon, row},
        },
        page::{State, View},
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
        let span = Span::new(Slot(2), Slot(9));
        let table = Table::new(
            data,
            span,
            &Filter::default(),
            &Filter::default(),
            sort,
            Extra::default(),
        );
        table
            .rows
            .iter()
            .map(|&row| data.cell(row).events)
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
        let span = Span::new(Slot(0), Slot(20));
        let table = Table::new(&data, span, &all, &all, Sort::default(), Extra::default());
        let key = |row: &RowId| {
            let cell = data.cell(*row);
            (std::cmp::Reverse(cell.slot), cell.event_type, cell.region)
        };
        assert!(table.rows.is_sorted_by_key(key));
        assert_eq!(table.rows.len(), 200);
    }

    #[test]
    fn totals_count_the_slice_only() {
        let data = data();
        let mut regions = Filter::default();
        regions.toggle("US");
        let span = Span::new(Slot(1), Slot(3));
        let table = Table::new(
            &data,
            span,
            &Filter::default(),
            &regions,
            Sort::default(),
            Extra::default(),
        );
        assert_eq!(table.rows.len(), 2);
        assert_eq!(table.total.events, 9_007_199_254_740_998);
    }

    #[test]
    fn a_text_column_starts_ascending() {
        let sort = Sort::default().clicked(Column::Region);
        assert!(!sort.descending);
        assert!(sort.clicked(Column::Region).descending);
    }

    /// Rows by a column that is computed from several rows, as day, region and events.
    fn sorted(data: &Dataset, state: &State, column: Column) -> Vec<(i32, String, i64)> {
        let all = Filter::default();
        let extra = Extra::of(data, state, &all, &all);
        let sort = Sort::default().clicked(column);
        assert!(sort.descending, "{column:?}");
        let span = data.bounds().unwrap();
        let table = Table::new(data, span, &all, &all, sort, extra);
        let cells = table.rows.iter().map(|row| data.cell(*row));
        cells
            .map(|cell| {
                let region = data.regions[usize::from(cell.region)].clone();
                (cell.slot.0, region, cell.events)
            })
            .collect()
    }

    #[test]
    fn rows_are_sorted_by_mean_share_and_days_where_these_are_shown() {
        let rows = vec![
            row(1, "play", "EU", 10),
            row(1, "play", "US", 90),
            row(2, "play", "EU", 100),
            row(2, "play", "US", 100),
            row(3, "play", "US", 5),
        ];
        let data = Dataset::new(rows, noon(4));
        let mut state = State {
            view: View::ByEventType,
            ..State::default()
        };
        let days = |rows: Vec<(i32, String, i64)>| -> Vec<(i32, String)> {
            let pairs = rows.into_iter().map(|(day, region, _)| (day, region));
            pairs.collect()
        };
        let expected = |rows: &[(i32, &str)]| -> Vec<(i32, String)> {
            let rows = rows.iter();
            rows.map(|(day, region)| (*day, (*region).into())).collect()
        };
        let usual = expected(&[(3, "US"), (2, "EU"), (2, "US"), (1, "EU"), (1, "US")]);
        for column in [Column::Mean, Column::Share, Column::Days] {
            assert_eq!(
                days(sorted(&data, &state, column)),
                usual,
                "{column:?} is not shown"
            );
        }
        state.options.mean = true;
        state.options.share = true;
        // Means: US 90, 95 and 65; EU 10 and 55.
        let by_mean = expected(&[(2, "US"), (1, "US"), (3, "US"), (2, "EU"), (1, "EU")]);
        assert_eq!(days(sorted(&data, &state, Column::Mean)), by_mean);
        // Shares of the day: 100 %, 90 %, 50 % twice, 10 %.
        let by_share = expected(&[(3, "US"), (1, "US"), (2, "EU"), (2, "US"), (1, "EU")]);
        assert_eq!(days(sorted(&data, &state, Column::Share)), by_share);
        // 1970-01-01 was a Thursday: days 4 to 10 are a week, of which EU has two days and US three.
        let rows = (4..7).flat_map(|day| {
            let eu = (day < 6).then(|| row(day, "play", "EU", 1));
            eu.into_iter().chain([row(day, "play", "US", 1)])
        });
        let weeks = Dataset::new(rows.collect(), noon(20)).in_buckets(Grain::Week);
        let by_days = sorted(&weeks, &state, Column::Days);
        let regions: Vec<&str> = by_days
            .iter()
            .map(|(_, region, _)| region.as_str())
            .collect();
        assert_eq!(regions, ["US", "EU"]);
    }
}
