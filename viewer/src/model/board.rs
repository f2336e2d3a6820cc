//! All that a state of the window shows of the data, worked out once and drawn often.

use super::{
    data::{Dataset, DayState, Measure},
    filter::Filter,
    grain::Grain,
    panel::{Line, Panel},
    series::{Builder, Split},
    span::Span,
    table::Table,
};
use crate::state::State;

/// The name of the series over all that is switched on.
pub const TOTAL: &str = "All events";

/// What the window shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// What a day of it is.
    pub grain: Grain,
    /// What its charts count.
    pub measure: Measure,
    /// All days of the range.
    pub full: Span,
    /// The days that are zoomed in on, or all of them.
    pub span: Span,
    /// What can be said about each day of the span.
    pub states: Vec<DayState>,
    /// The charts.
    pub panels: Vec<Panel>,
    /// Everything, then each event type: the figures on top.
    pub tiles: Vec<Line>,
    /// The rows.
    pub table: Table,
    /// Events of each event type over the span, whatever is switched on.
    pub event_type_sums: Vec<i64>,
    /// Events of each region over the span, whatever is switched on.
    pub region_sums: Vec<i64>,
}

impl Board {
    /// Works it out, or `None` where there is no row at all (of minutes, there may be none).
    pub fn new(data: &Dataset, state: &State) -> Option<Self> {
        Self::over(data, data, state)
    }

    /// The same with charts and table of one data set, and the figures on top of another one, which has events.
    pub fn over(data: &Dataset, events: &Dataset, state: &State) -> Option<Self> {
        let ruler = if data.grain.is_minute() { data } else { events };
        let full = state.full_span(ruler)?;
        let span = state.span(ruler)?;
        let all_types = Filter::default();
        let (counted, event_types) = match data.measure {
            Measure::Events => (data, &state.event_types),
            // Who listened is not told apart by what they did.
            Measure::Listeners => (events, &all_types),
        };
        let builder = Builder::new(data, span, event_types, &state.regions);
        let overlay = match state.split {
            Split::EventTypes => "All regions that are on, by event type",
            Split::Regions => "All event types that are on, by region",
            Split::Both => "By event type and region",
        };
        let figures = Builder::new(counted, span, &state.event_types, &state.regions);
        let mut tiles = figures.by_event_type();
        tiles.insert(0, figures.total(TOTAL));
        let mut event_type_sums = vec![0_i64; counted.event_types.len()];
        let mut region_sums = vec![0_i64; counted.regions.len()];
        for (event_type, of_type) in event_type_sums.iter_mut().enumerate() {
            for (region, of_region) in region_sums.iter_mut().enumerate() {
                let sum = counted.columns.sum(event_type, region, span).count().events;
                *of_type = of_type.saturating_add(sum);
                *of_region = of_region.saturating_add(sum);
            }
        }
        Some(Self {
            grain: data.grain,
            measure: data.measure,
            event_type_sums,
            region_sums,
            full,
            span,
            states: builder.states().to_vec(),
            panels: builder.panels(state.view, state.split, overlay),
            tiles,
            table: Table::new(data, span, event_types, &state.regions, state.sort),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            csv,
            data::tests::{noon, row},
            day::Day,
            series::View,
            span::Range,
        },
        state::State,
    };
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// What a chart reads out for a day and series is what the table and the CSV say, to the last event.
        #[test]
        fn chart_table_and_csv_agree(
            cells in proptest::collection::hash_map(
                (0_i32..30, 0_usize..3, 0_usize..4),
                0_i64..=i64::MAX / 1000,
                1..120,
            ),
        ) {
            let (types, regions) = (["pause", "play", "stop"], ["APAC", "EU", "US", "ZZ"]);
            let rows = cells
                .iter()
                .map(|(&(day, t, r), &events)| row(day, types[t], regions[r], events))
                .collect();
            let data = Dataset::new(rows, noon(29));
            let state = State { view: View::Heatmap, range: Range::All, ..State::default() };
            let board = Board::new(&data, &state).unwrap();

            let table: HashMap<(Day, String), i64> = board
                .table
                .rows
                .iter()
                .map(|&row| {
                    let cell = data.cells[row as usize];
                    let event_type = &data.event_types[usize::from(cell.event_type)];
                    let region = &data.regions[usize::from(cell.region)];
                    ((cell.day, format!("{event_type} · {region}")), cell.events)
                })
                .collect();
            let text = csv::of(&data, &board.table);
            let csv: HashMap<(String, String), i64> = text
                .lines()
                .skip(1)
                .map(|line| {
                    let fields: Vec<&str> = line.split(',').collect();
                    let name = format!("{} · {}", fields[1], fields[2]);
                    ((fields[0].to_owned(), name), fields[3].parse().unwrap())
                })
                .collect();
            prop_assert_eq!(table.len(), cells.len());
            prop_assert_eq!(csv.len(), cells.len());
            let mut shown = 0;
            for index in 0..board.span.days() {
                let day = board.span.day(index);
                // What the tooltip and the screen reader read out.
                for (line, count) in board.panels[0].ranking(index) {
                    let events = count.map(|count| count.events);
                    let name = line.full_name.clone();
                    prop_assert_eq!(events, table.get(&(day, name.clone())).copied());
                    prop_assert_eq!(events, csv.get(&(day.iso(), name)).copied());
                    shown += usize::from(events.is_some());
                }
            }
            prop_assert_eq!(shown, cells.len());
            let total: i64 = cells.values().sum();
            prop_assert_eq!(board.table.total.events, total);
            prop_assert_eq!(board.tiles[0].figures.sum, total);
        }
    }
}
