//! Computed columns of table and CSV: the trailing mean and the share of a chart's total.

use super::{chart::Share, state::State, view::View};
use crate::{
    data::{Cell, Column, Dataset, Filter, Sort, Track, Whole},
    stats::Mean,
};
use std::{cell::RefCell, collections::HashMap, sync::Arc};

/// Computed columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Whether there is a column of means.
    pub has_means: bool,
    whole: Option<Whole>,
    event_types: Vec<usize>,
    regions: Vec<usize>,
}

impl Extra {
    /// The columns that a state shows.
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

    /// Whether there is a column of shares.
    pub fn has_shares(&self) -> bool {
        self.whole.is_some()
    }

    /// What shares are relative to, if there are any.
    pub(super) fn whole(&self) -> Option<Whole> {
        self.whole
    }

    /// The sort that applies: the default if the column to sort by is not shown.
    pub(super) fn sort(&self, sort: Sort, data: &Dataset) -> Sort {
        let is_there = match sort.column {
            Column::Mean => self.has_means,
            Column::Share => self.has_shares(),
            Column::Days => data.grain.sums_days(),
            _ => true,
        };
        if is_there { sort } else { Sort::default() }
    }

    /// The mean of the seven days up to a row.
    pub fn mean(&self, data: &Dataset, cell: &Cell) -> Option<Mean> {
        let series = data.series(data.pair(cell.event_type.into(), cell.region.into()));
        let finality = data.finality(cell.slot);
        Mean::trailing(series, cell.slot, finality).filter(|_| self.has_means)
    }

    /// The share of a row in the total of its chart.
    pub fn share(&self, data: &Dataset, cell: &Cell) -> Option<Share> {
        let whole = self.whole_of(data, cell.event_type, cell.region)?;
        let at = whole.position(cell.slot, 0..whole.len());
        Share::of(cell.events.into(), whole.count(at).events.into())
    }

    /// The series that a pair is a share of.
    fn whole_of(&self, data: &Dataset, event_type: u16, region: u16) -> Option<Arc<Track>> {
        let own = ([usize::from(event_type)], [usize::from(region)]);
        let (event_types, regions): (&[usize], &[usize]) = match self.whole? {
            Whole::EventType => (&own.0, &self.regions),
            Whole::Region => (&self.event_types, &own.1),
            Whole::All => (&self.event_types, &self.regions),
        };
        let pairs = event_types.iter().flat_map(|&event_type| {
            let regions = regions.iter();
            regions.map(move |&region| data.pair(event_type, region))
        });
        Some(data.track(&pairs.collect::<Vec<_>>()))
    }

    /// The mean or the share of the rows of a data set, by pair and position in its series.
    pub(super) fn computed<'a>(
        &'a self,
        data: &'a Dataset,
        column: Column,
    ) -> impl Fn(u32, usize) -> Option<f64> + 'a {
        // There are many rows of a pair: its whole is looked up once.
        let wholes: RefCell<HashMap<u32, Option<Arc<Track>>>> = RefCell::default();
        move |pair, at| {
            let track = data.series(pair);
            let slot = track.slot(at);
            if column == Column::Mean {
                return Some(Mean::trailing(track, slot, data.finality(slot))?.value());
            }
            let mut wholes = wholes.borrow_mut();
            let whole = wholes.entry(pair).or_insert_with(|| {
                let (event_type, region) = data.names(pair);
                self.whole_of(data, event_type, region)
            });
            let whole = whole.as_ref()?;
            let events = whole.count(whole.position(slot, 0..whole.len())).events;
            Some(Share::of(track.count(at).events.into(), events.into())?.value())
        }
    }
}
