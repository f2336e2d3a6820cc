//! All that a state of the window shows of the data, worked out once and drawn often.

use super::{
    data::{Dataset, DayState},
    series::{Builder, Line, Panel, Split},
    span::Span,
    table::Table,
};
use crate::state::State;

/// The name of the series over all that is switched on.
pub const TOTAL: &str = "All events";

/// What the window shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
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
    /// Works it out, or `None` where there is no row at all.
    pub fn new(data: &Dataset, state: &State) -> Option<Self> {
        let full = state.full_span(data)?;
        let span = state.span(data)?;
        let builder = Builder::new(data, span, &state.event_types, &state.regions);
        let overlay = match state.split {
            Split::EventTypes => "All regions that are on, by event type",
            Split::Regions => "All event types that are on, by region",
            Split::Both => "By event type and region",
        };
        let mut tiles = vec![builder.total(TOTAL)];
        tiles.extend(builder.by_event_type());
        let mut event_type_sums = vec![0_i64; data.event_types.len()];
        let mut region_sums = vec![0_i64; data.regions.len()];
        for cell in data.between(span.first, span.last) {
            for (sums, at) in [
                (&mut event_type_sums, cell.event_type),
                (&mut region_sums, cell.region),
            ] {
                let sum = &mut sums[usize::from(at)];
                *sum = sum.saturating_add(cell.events);
            }
        }
        Some(Self {
            event_type_sums,
            region_sums,
            full,
            span,
            states: builder.states().to_vec(),
            panels: builder.panels(state.view, state.split, overlay),
            tiles,
            table: Table::new(data, span, &state.event_types, &state.regions, state.sort),
        })
    }
}
