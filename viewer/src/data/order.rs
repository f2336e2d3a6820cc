//! The order of the table's rows.

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
    /// The mean of the seven days up to the row's.
    Mean,
    /// The row's share of the total of its chart.
    Share,
    /// Number of days with a row in a week or a month.
    Days,
}

impl Column {
    /// From left to right. The table shows those that have something to show.
    pub const ALL: [Self; 10] = [
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

    /// Whether a first click on the header sorts in descending order.
    pub fn starts_descending(self) -> bool {
        !matches!(self, Self::EventType | Self::Region | Self::State)
    }
}

/// The column to sort by, and the direction.
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
    /// The sort after a click on a header: first the column's usual direction, then the other.
    pub fn clicked(self, column: Column) -> Self {
        let descending = match self {
            _ if self.column == column => !self.descending,
            _ => column.starts_descending(),
        };
        Self { column, descending }
    }
}

/// What the share of a row is a share of: the sum of its chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whole {
    /// All regions that are on, of its event type.
    EventType,
    /// All event types that are on, of its region.
    Region,
    /// All that is on.
    All,
}

/// Selection and order of rows, over all slots. Key of the cache of sorted rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// For each event type, whether it is on.
    pub event_types: Vec<bool>,
    /// For each region, whether it is on.
    pub regions: Vec<bool>,
    /// The sort.
    pub sort: Sort,
    /// What shares are relative to; only set when rows are sorted by share.
    pub whole: Option<Whole>,
}

impl Order {
    /// Ties stay in the order slot (latest first), event type, region. `computed` gives means and shares, which take more
    /// than the row itself; a row without a value sorts as the smallest.
    pub(super) fn of(
        &self,
        columns: &Columns,
        finality: impl Fn(Slot) -> Finality,
        computed: impl Fn(u32, usize) -> Option<f64>,
    ) -> Vec<RowId> {
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
                Column::Days => track.days(at).map_or(i64::MIN, |days| days as i64),
                Column::Mean | Column::Share => computed(pair, at).map_or(i64::MIN, sortable),
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

/// An integer that sorts as the number does.
fn sortable(number: f64) -> i64 {
    let bits = number.to_bits() as i64;
    // A negative number has the larger magnitude the smaller it is.
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

/// A range of the rows of an order. The order is computed once and covers all spans.
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
