//! The same numbers once more, series by series: a chart reads its lines without passing over those of others.

use super::{
    counts::Counts,
    data::Cell,
    day::Day,
    memo::Memo,
    span::Span,
    stats::Count,
    track::{Sum, Track},
};
use std::sync::Arc;

/// The days of each pair of event type and region, and of their sums as far as they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    regions: usize,
    pairs: Vec<Arc<Track>>,
    /// Days on which a series without a row has a zero.
    zeros: Vec<Day>,
    sums: Memo<(Vec<usize>, Vec<usize>), Track>,
}

impl Columns {
    /// Sorts out cells that are sorted by day.
    pub(super) fn new(event_types: usize, regions: usize, cells: &[Cell]) -> Self {
        let mut sizes = vec![0; event_types * regions];
        let column =
            |cell: &Cell| usize::from(cell.event_type) * regions + usize::from(cell.region);
        for cell in cells {
            sizes[column(cell)] += 1;
        }
        let mut columns: Vec<Vec<_>> = sizes.into_iter().map(Vec::with_capacity).collect();
        for cell in cells {
            let count = Count {
                events: cell.events,
                late_events: cell.late_events,
            };
            columns[column(cell)].push((cell.day, count));
        }
        let tracks = columns
            .into_iter()
            .map(|rows| Arc::new(Track::new(rows.into_iter())));
        Self {
            regions,
            pairs: tracks.collect(),
            zeros: Vec::new(),
            sums: Memo::default(),
        }
    }

    /// The same, with a zero for each series on each day that any of them has a row on.
    pub(super) fn with_zeros(self, cells: &[Cell]) -> Self {
        let mut zeros: Vec<Day> = cells.iter().map(|cell| cell.day).collect();
        zeros.dedup();
        Self {
            zeros,
            sums: Memo::default(),
            ..self
        }
    }

    /// What some event types and regions have together, in a span.
    pub(super) fn between(&self, event_types: &[usize], regions: &[usize], span: Span) -> Counts {
        let pair =
            |event_type: usize, region: usize| &self.pairs[event_type * self.regions + region];
        let track = match (event_types, regions) {
            ([event_type], [region]) if self.zeros.is_empty() => {
                Arc::clone(pair(*event_type, *region))
            }
            _ => {
                let most = 2 * (self.pairs.len() + self.regions) + 64;
                let key = (event_types.to_vec(), regions.to_vec());
                self.sums.get(key, most, || {
                    let parts: Vec<&Track> = event_types
                        .iter()
                        .flat_map(|at| regions.iter().map(move |region| &**pair(*at, *region)))
                        .collect();
                    Arc::new(Track::merged(&parts, &self.zeros))
                })
            }
        };
        Counts::new(track, span)
    }

    /// What a pair sums up to in a span.
    pub(super) fn sum(&self, event_type: usize, region: usize, span: Span) -> Sum {
        let track = &self.pairs[event_type * self.regions + region];
        track.sum(track.between(span.first, span.last))
    }
}
