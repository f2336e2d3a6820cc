//! All that a state of the window shows of the data, worked out once and drawn often.

use super::{builder::Builder, chart::Chart, line::Line, state::State, table::Table};
use crate::{
    calendar::{Grain, Span},
    data::{Dataset, Filter, Finality, Measure},
};

/// The name of the series over all that is switched on.
pub const TOTAL: &str = "All events";

/// What the window shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// What a slot of it is.
    pub grain: Grain,
    /// What its charts count.
    pub measure: Measure,
    /// All slots of the range.
    pub full: Span,
    /// Those that are zoomed in on, or all of them.
    pub span: Span,
    /// What can be said about each slot of the span.
    pub states: Vec<Finality>,
    /// The charts.
    pub charts: Vec<Chart>,
    /// Everything, then each event type: the figures on top.
    pub tiles: Vec<Line>,
    /// The rows.
    pub table: Table,
    /// Events of each event type over the span, whatever is switched on.
    pub event_type_sums: Vec<i64>,
    /// Events of each region over the span, whatever is switched on.
    pub region_sums: Vec<i64>,
}

impl Page {
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
        let figures = Builder::new(counted, span, &state.event_types, &state.regions);
        let mut tiles = figures.by_event_type();
        tiles.insert(0, figures.total(TOTAL));
        let mut event_type_sums = vec![0_i64; counted.event_types.len()];
        let mut region_sums = vec![0_i64; counted.regions.len()];
        for (event_type, of_type) in event_type_sums.iter_mut().enumerate() {
            for (region, of_region) in region_sums.iter_mut().enumerate() {
                let track = counted.series(counted.pair(event_type, region));
                let sum = track
                    .sum(track.between(span.first, span.last))
                    .count()
                    .events;
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
            charts: builder.charts(state.view, state.split),
            tiles,
            table: Table::new(data, span, event_types, &state.regions, state.sort),
        })
    }
}
