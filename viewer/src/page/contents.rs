//! What the window shows for a state, computed once and drawn often.

use super::{
    builder::{Builder, NameOthers},
    chart::Chart,
    extra::Extra,
    line::Line,
    state::State,
    table::Table,
};
use crate::{
    calendar::{Grain, Span},
    data::{Dataset, Filter, Finality, Measure},
    series::Counts,
    stats::{Comparison, Figures},
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
    /// Which of them are compared with earlier ones, in all figures.
    pub comparison: Comparison,
    /// What can be said about each slot of the span.
    pub states: Vec<Finality>,
    /// The charts.
    pub charts: Vec<Chart>,
    /// Everything, then each event type: the figures on top.
    pub tiles: Vec<Line>,
    /// The rows.
    pub table: Table,
    /// Events of each event type over the span, selected or not. Empty for listeners.
    pub event_type_sums: Vec<i64>,
    /// For each region, selected or not: events over the span, or mean listeners per day.
    pub region_sums: Vec<i64>,
}

/// Events of each event type and of each region.
fn sums(data: &Dataset, span: Span) -> (Vec<i64>, Vec<i64>) {
    let mut event_type_sums = vec![0_i64; data.event_types.len()];
    let mut region_sums = vec![0_i64; data.regions.len()];
    for (event_type, of_type) in event_type_sums.iter_mut().enumerate() {
        for (region, of_region) in region_sums.iter_mut().enumerate() {
            let track = data.series(data.pair(event_type, region));
            let rows = track.between(span.first, span.last);
            let sum = track.sum(rows).count().events;
            *of_type = of_type.saturating_add(sum);
            *of_region = of_region.saturating_add(sum);
        }
    }
    (event_type_sums, region_sums)
}

/// For each region, the mean over complete days with a row: the same as in the figures of its series.
fn means(data: &Dataset, span: Span, states: &[Finality]) -> Vec<i64> {
    let mean = |region: usize| {
        let pairs = (0..data.event_types.len()).map(|at| data.pair(at, region));
        let counts = Counts::new(data.track(&pairs.collect::<Vec<_>>()), span);
        Figures::of(&counts, states, data.grain)
            .mean
            .map_or(0, |mean| mean.round() as i64)
    };
    (0..data.regions.len()).map(mean).collect()
}

impl Page {
    /// Charts and table of `data`, and the figures on top of `events`. `None` if there is no row at all; minutes may
    /// have none.
    pub fn new(
        data: &Dataset,
        events: &Dataset,
        state: &State,
        name_others: NameOthers,
    ) -> Option<Self> {
        let ruler = if data.grain.is_minute() { data } else { events };
        let full = state.full_span(ruler)?;
        let span = state.span(ruler)?;
        let all_types = Filter::default();
        let (counted, event_types) = match data.measure {
            // Listeners have no event type.
            Measure::Listeners => (events, &all_types),
            _ => (data, &state.event_types),
        };
        let drawn = state.drawn();
        let builder = Builder::new(data, span, event_types, &state.regions, drawn, name_others);
        let figures = Builder::new(
            counted,
            span,
            &state.event_types,
            &state.regions,
            drawn,
            name_others,
        )
        .comparing_as(builder.comparison());
        let mut tiles = figures.by_event_type();
        tiles.insert(0, figures.total(TOTAL));
        let (event_type_sums, region_sums) = match data.measure {
            Measure::Listeners => (Vec::new(), means(data, span, builder.states())),
            _ => sums(data, span),
        };
        Some(Self {
            grain: data.grain,
            measure: data.measure,
            event_type_sums,
            region_sums,
            full,
            span,
            comparison: builder.comparison().clone(),
            states: builder.states().to_vec(),
            charts: builder.charts(state.view, state.split),
            tiles,
            table: Table::new(
                data,
                span,
                event_types,
                &state.regions,
                state.sort,
                Extra::of(data, state, event_types, &state.regions),
            ),
        })
    }
}
