//! What table and CSV say of a row beside its count: the mean of seven days, and its share of a chart's total.

use super::{chart::Share, state::State, view::View};
use crate::{
    data::{Cell, Dataset, Filter},
    stats::Mean,
};

/// What a row's share is a share of: of what its chart sums up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whole {
    /// All regions that are on, of its event type.
    EventType,
    /// All event types that are on, of its region.
    Region,
    /// All that is on.
    All,
}

/// What table and CSV say of a row beside its count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Whether they tell the mean of seven days.
    pub has_means: bool,
    whole: Option<Whole>,
    event_types: Vec<usize>,
    regions: Vec<usize>,
}

impl Extra {
    /// As the charts of a state tell it.
    pub(super) fn of(
        data: &Dataset,
        state: &State,
        event_types: &Filter,
        regions: &Filter,
    ) -> Self {
        let on = |names: &[String], filter: &Filter| -> Vec<usize> {
            let all = names.iter().enumerate();
            let on = all.filter(|(_, name)| filter.is_on(name));
            on.map(|(at, _)| at).collect()
        };
        let drawn = state.drawn();
        Self {
            has_means: drawn.mean,
            whole: drawn.share.then_some(match state.view {
                View::ByEventType => Whole::EventType,
                View::ByRegion => Whole::Region,
                _ => Whole::All,
            }),
            event_types: on(&data.event_types, event_types),
            regions: on(&data.regions, regions),
        }
    }

    /// Whether they tell shares.
    pub fn has_shares(&self) -> bool {
        self.whole.is_some()
    }

    /// The mean of the seven days up to a row.
    pub fn mean(&self, data: &Dataset, cell: &Cell) -> Option<Mean> {
        let series = data.series(data.pair(cell.event_type.into(), cell.region.into()));
        let finality = data.finality(cell.slot);
        Mean::trailing(series, cell.slot, finality).filter(|_| self.has_means)
    }

    /// What a row is of the total of its chart.
    pub fn share(&self, data: &Dataset, cell: &Cell) -> Option<Share> {
        let own = ([usize::from(cell.event_type)], [usize::from(cell.region)]);
        let (event_types, regions): (&[usize], &[usize]) = match self.whole? {
            Whole::EventType => (&own.0, &self.regions),
            Whole::Region => (&self.event_types, &own.1),
            Whole::All => (&self.event_types, &self.regions),
        };
        let pairs = event_types.iter().flat_map(|&event_type| {
            let regions = regions.iter();
            regions.map(move |&region| data.pair(event_type, region))
        });
        let whole = data.track(&pairs.collect::<Vec<_>>());
        let at = whole.position(cell.slot, 0..whole.len());
        Share::of(cell.events.into(), whole.count(at).events.into())
    }
}
