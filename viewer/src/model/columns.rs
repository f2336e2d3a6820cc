//! The same numbers once more, series by series: a chart reads its lines without passing over those of others.

use super::{data::Cell, day::Day, span::Span, stats::Count};

/// The days of each pair of event type and region, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    regions: usize,
    columns: Vec<Vec<(Day, Count)>>,
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
        Self { regions, columns }
    }

    /// What a pair has in a span.
    pub(super) fn between(&self, event_type: usize, region: usize, span: Span) -> &[(Day, Count)] {
        let column = &self.columns[event_type * self.regions + region];
        let from = column.partition_point(|(day, _)| *day < span.first);
        let to = column.partition_point(|(day, _)| *day <= span.last);
        &column[from..to.max(from)]
    }

    /// Events of a pair in a span.
    pub(super) fn sum(&self, event_type: usize, region: usize, span: Span) -> i64 {
        let days = self.between(event_type, region, span).iter();
        days.fold(0, |sum, (_, count)| sum.saturating_add(count.events))
    }
}
