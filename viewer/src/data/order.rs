//! In which order rows are shown.

use super::{
    columns::{Columns, RowId},
    finality::Finality,
};
use crate::calendar::Slot;
use serde::{Deserialize, Serialize};
use std::{
    cmp::Reverse,
    ops::{Deref, Range},
    sync::Arc,
};

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Column {
    /// Day or minute.
    #[serde(alias = "Day")]
    Slot,
    /// Event type.
    EventType,
    /// Region.
    Region,
    /// Events of the slot.
    Events,
    /// Late ones among them.
    Late,
    /// Final, over, not final, so far.
    State,
    /// When the row last changed.
    Updated,
    /// The mean of seven days up to the row's; rows are not sorted by it.
    Mean,
    /// The row's share of the total of its chart; rows are not sorted by it.
    Share,
    /// Of how many days a week or a month is the sum; rows are not sorted by it.
    Days,
}

impl Column {
    /// From left to right, as far as there is something to show in them.
    pub const SHOWN: [Self; 10] = [
        Self::Slot,
        Self::EventType,
        Self::Region,
        Self::Events,
        Self::Mean,
        Self::Share,
        Self::Days,
        Self::Late,
        Self::State,
        Self::Updated,
    ];

    /// Those that rows can be sorted by.
    pub const ALL: [Self; 7] = [
        Self::Slot,
        Self::EventType,
        Self::Region,
        Self::Events,
        Self::Late,
        Self::State,
        Self::Updated,
    ];

    /// Whether the largest is the more interesting end, so that a first click sorts downwards.
    pub fn starts_descending(self) -> bool {
        matches!(self, Self::Slot | Self::Events | Self::Late | Self::Updated)
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
            column: Column::Slot,
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

/// Which rows there are, over all slots, and in which order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// Of each event type, whether it is looked at.
    pub event_types: Vec<bool>,
    /// Of each region, whether it is looked at.
    pub regions: Vec<bool>,
    /// By what.
    pub sort: Sort,
}

impl Order {
    /// Ties stay in the order slot (latest first), event type, region.
    pub(super) fn of(&self, columns: &Columns, finality: impl Fn(Slot) -> Finality) -> Vec<RowId> {
        let is_on = |pair: u32| {
            let (event_type, region) = columns.names(pair);
            self.event_types[usize::from(event_type)] && self.regions[usize::from(region)]
        };
        let rows = columns.row_ids(is_on, true);
        if self.sort == Sort::default() {
            return rows;
        }
        let key = |row: RowId| -> i64 {
            let (pair, at) = columns.place(row);
            let track = columns.track(pair);
            match self.sort.column {
                Column::Slot => track.slot(at).0.into(),
                Column::EventType => columns.names(pair).0.into(),
                Column::Region => columns.names(pair).1.into(),
                Column::Events => track.count(at).events,
                Column::Late => track.count(at).late_events,
                Column::State => finality(track.slot(at)) as i64,
                Column::Updated => track.updated_at(at).unwrap_or(i64::MIN),
                Column::Mean | Column::Share | Column::Days => 0,
            }
        };
        let mut keyed: Vec<(i64, RowId)> = rows.into_iter().map(|row| (key(row), row)).collect();
        match self.sort.descending {
            true => keyed.sort_by_key(|(key, _)| Reverse(*key)),
            false => keyed.sort_by_key(|(key, _)| *key),
        }
        keyed.into_iter().map(|(_, row)| row).collect()
    }
}

/// Some rows, of an order that is worked out once for all spans.
#[derive(Clone, Debug)]
pub struct Rows {
    all: Arc<[RowId]>,
    shown: Range<usize>,
}

impl Rows {
    /// A part of them.
    pub fn new(all: Arc<[RowId]>, shown: Range<usize>) -> Self {
        Self { all, shown }
    }
}

impl Deref for Rows {
    type Target = [RowId];

    fn deref(&self) -> &[RowId] {
        &self.all[self.shown.clone()]
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Rows {}
