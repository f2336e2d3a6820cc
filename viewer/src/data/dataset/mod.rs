//! The numbers of one load, as they came from the source.

use super::{
    columns::{Columns, RowId},
    count::Count,
    finality::Finality,
    measure::Measure,
    memo::Memo,
    names::{Numbering, Renaming},
    order::Order,
    status::Status,
    track::{Stored, Track},
};
use crate::calendar::{Day, Grain, Micros, Slot, Span, Zone};
use std::{collections::BTreeSet, sync::Arc};

/// One row of `live_daily_metrics`, or of what is read like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Day or minute.
    pub slot: Slot,
    /// For instance `play`.
    pub event_type: String,
    /// For instance `EU`.
    pub region: String,
    /// Events of the slot.
    pub events: i64,
    /// Those of them that came after the day was final.
    pub late_events: i64,
    /// When the row last changed.
    pub updated_at: Option<Micros>,
}

/// A row with its names as indices into [`Dataset::event_types`] and [`Dataset::regions`], put together from its
/// series when it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Day or minute.
    pub slot: Slot,
    /// Index into the event types.
    pub event_type: u16,
    /// Index into the regions.
    pub region: u16,
    /// Events of the slot.
    pub events: i64,
    /// Late ones among them.
    pub late_events: i64,
    /// When the row last changed.
    pub updated_at: Option<Micros>,
    /// Where slots are longer than days: on how many whole days of it there was a row. Today is not one yet.
    pub days: Option<usize>,
}

/// All numbers of one load: a series of slots for each pair of event type and region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dataset {
    /// Names, sorted.
    pub event_types: Vec<String>,
    /// Names, sorted.
    pub regions: Vec<String>,
    /// How far the pipeline was.
    pub status: Status,
    /// What a slot of it is.
    pub grain: Grain,
    /// In which zone.
    pub zone: Zone,
    /// What its numbers count.
    pub measure: Measure,
    columns: Columns,
    orders: Memo<Order, [RowId]>,
}

impl Dataset {
    /// Sorts rows out. At most 65,536 names of a kind are told apart; rows beyond are dropped.
    pub fn new(rows: Vec<Row>, status: Status) -> Self {
        Self::with_names(rows, status, &Self::default())
    }

    /// The same with the names of another one too, whether they have rows here or not.
    pub fn with_names(rows: Vec<Row>, status: Status, other: &Self) -> Self {
        let (mut types, mut regions) = (Numbering::default(), Numbering::default());
        let numbers: Vec<(u32, u32)> = rows
            .iter()
            .map(|row| (types.number(&row.event_type), regions.number(&row.region)))
            .collect();
        for name in &other.event_types {
            types.number(name);
        }
        for name in &other.regions {
            regions.number(name);
        }
        let (mut event_types, type_places) = types.sorted();
        let (mut regions, region_places) = regions.sorted();
        event_types.truncate(MOST_NAMES);
        regions.truncate(MOST_NAMES);
        let mut pairs = vec![Vec::new(); event_types.len() * regions.len()];
        for ((event_type, region), row) in numbers.into_iter().zip(&rows) {
            let event_type = type_places[event_type as usize] as usize;
            let region = region_places[region as usize] as usize;
            if event_type < event_types.len() && region < regions.len() {
                pairs[event_type * regions.len() + region].push(stored(row));
            }
        }
        let tracks = pairs.into_iter().map(|rows| Arc::new(Track::of_rows(rows)));
        let columns = Columns::new(regions.len(), tracks.collect());
        Self::of(event_types, regions, columns, status)
    }

    fn of(
        event_types: Vec<String>,
        regions: Vec<String>,
        columns: Columns,
        status: Status,
    ) -> Self {
        Self {
            event_types,
            regions,
            columns,
            status,
            ..Self::default()
        }
    }

    /// The same as numbers of a zone's days.
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// The same as minutes, on the clock of a zone. A series without a row has a zero in each minute of which another
    /// one has a row, and in all minutes of `counted`: those between the first event of the database and the newest one.
    /// Of other minutes without a row nothing is known.
    pub fn by_minute(self, zone: Zone, counted: &[Span]) -> Self {
        let offset = zone.offset;
        Self {
            grain: Grain::Minute { offset },
            columns: self.columns.with_zeros(counted),
            zone,
            ..self
        }
    }

    /// The same days summed up in weeks or months. Distinct listeners do not add up: there are none in longer slots.
    pub fn in_buckets(&self, grain: Grain) -> Self {
        Self {
            columns: self.columns.in_buckets(grain, self.today()),
            grain,
            orders: Memo::default(),
            event_types: self.event_types.clone(),
            regions: self.regions.clone(),
            status: self.status.clone(),
            zone: self.zone.clone(),
            measure: self.measure,
        }
    }

    /// Whether it is the sum of these days in slots of a grain.
    pub fn is_of(&self, days: &Self, grain: Grain) -> bool {
        self.grain == grain
            && self.status == days.status
            && self.zone == days.zone
            && self.columns.is_of(&days.columns)
    }

    /// The same as numbers of distinct listeners.
    pub fn of_listeners(self) -> Self {
        Self {
            measure: Measure::Listeners,
            ..self
        }
    }

    /// The same numbers with other rows for some slots: what a whole new load would have brought, if nothing
    /// has changed in the other slots but that the watermark has passed them.
    pub fn with_slots(&self, slots: &BTreeSet<Slot>, rows: &[Row], status: Status) -> Self {
        self.with_slots_and_names(slots, rows, status, &Self::default())
    }

    /// The same with the names of another one too, whether they have rows here or not.
    /// Series without a row in these slots are shared, not copied.
    pub fn with_slots_and_names(
        &self,
        slots: &BTreeSet<Slot>,
        rows: &[Row],
        status: Status,
        other: &Self,
    ) -> Self {
        let replaced = |track: &Track| slots.iter().filter(|slot| track.has(**slot)).count();
        let pairs = || (0..).zip(self.columns.pairs());
        let kept: Vec<u32> = pairs()
            .filter(|(_, track)| track.len() > replaced(track))
            .map(|(pair, _)| pair)
            .collect();
        let names = |pair: &u32| self.columns.names(*pair);
        let new_types = rows.iter().map(|row| &row.event_type);
        let event_types = Renaming::new(
            &self.event_types,
            kept.iter().map(|pair| names(pair).0),
            new_types.chain(&other.event_types),
        );
        let new_regions = rows.iter().map(|row| &row.region);
        let regions = Renaming::new(
            &self.regions,
            kept.iter().map(|pair| names(pair).1),
            new_regions.chain(&other.regions),
        );
        let place = |event_type: u16, region: u16| {
            usize::from(event_type) * regions.names.len() + usize::from(region)
        };
        let count = event_types.names.len() * regions.names.len();
        let mut old: Vec<Option<&Arc<Track>>> = vec![None; count];
        for pair in &kept {
            let (event_type, region) = names(pair);
            let (event_type, region) = (
                event_types.moved[usize::from(event_type)],
                regions.moved[usize::from(region)],
            );
            old[place(event_type, region)] = Some(self.columns.track(*pair));
        }
        let mut new: Vec<Vec<Stored>> = vec![Vec::new(); count];
        for row in rows {
            let event_type = event_types.position(&row.event_type);
            if let (Some(event_type), Some(region)) = (event_type, regions.position(&row.region)) {
                new[place(event_type, region)].push(stored(row));
            }
        }
        let tracks = old.into_iter().zip(new).map(|(old, mut new)| match old {
            Some(old) if new.is_empty() && replaced(old) == 0 => Arc::clone(old),
            Some(old) => {
                new.extend(old.stored().filter(|(slot, ..)| !slots.contains(slot)));
                Arc::new(Track::of_rows(new))
            }
            None => Arc::new(Track::of_rows(new)),
        });
        let columns = Columns::new(regions.names.len(), tracks.collect());
        Self::of(event_types.names, regions.names, columns, status)
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.columns.row_count()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.row_count() == 0
    }

    /// How many rows some rollup has written, and when the last of them did.
    pub fn rolled_up(&self) -> (usize, Option<Micros>) {
        let times = || self.columns.pairs().flat_map(|track| track.updates());
        (times().count(), times().max())
    }

    /// First and last slot with any row.
    pub fn bounds(&self) -> Option<Span> {
        self.columns.bounds()
    }

    /// First and last day with any row; where slots are longer than days, those of the days in them.
    pub fn day_bounds(&self) -> Option<Span<Day>> {
        match self.columns.days() {
            Some(days) => days.bounds().map(|bounds| Grain::Day.days(bounds)),
            None => self.bounds().map(|bounds| self.grain.days(bounds)),
        }
    }

    /// Whether anything is known of these slots: a row, or that there were no events.
    pub fn has_counts(&self, span: Span) -> bool {
        let mut pairs = self.columns.pairs();
        pairs.any(|track| !track.between(span.first, span.last).is_empty())
            || self.columns.has_zeros(span)
    }

    /// The source's clock, as the zone reads it.
    pub fn local_now(&self) -> Micros {
        self.status.now + self.zone.offset
    }

    /// The day of the source's clock.
    pub fn today(&self) -> Day {
        Day::of(self.local_now())
    }

    /// The day, or minute, of the source's clock.
    pub fn current(&self) -> Slot {
        match self.grain {
            Grain::Minute { .. } => self.grain.of(self.status.now),
            days => days.slot(self.today()),
        }
    }

    /// The slot that the streams have come to.
    fn reached(&self) -> Option<Slot> {
        let mark = self.status.watermark?;
        Some(match self.grain {
            Grain::Minute { .. } => self.grain.of(mark),
            days => days.slot(Day::of(mark + self.zone.watermark_offset)),
        })
    }

    /// What can be said about a slot: the watermark decides, or the clock where nothing streams.
    pub fn finality(&self, slot: Slot) -> Finality {
        let (current, reached) = (self.current(), self.reached());
        match self.grain {
            Grain::Minute { .. } => {
                let newest = self.status.newest_event.map(|at| self.grain.of(at));
                Finality::decide_minute(slot, current, reached, newest)
            }
            _ => Finality::decide(slot, current, reached),
        }
    }

    /// The number of a pair of event type and region, by the indices of both.
    pub fn pair(&self, event_type: usize, region: usize) -> u32 {
        (event_type * self.regions.len() + region) as u32
    }

    /// Event type and region of a pair, as indices.
    pub fn names(&self, pair: u32) -> (u16, u16) {
        self.columns.names(pair)
    }

    /// The series of a pair.
    pub fn series(&self, pair: u32) -> &Track {
        self.columns.track(pair)
    }

    /// All series, summed up slot by slot.
    pub fn all(&self) -> Arc<Track> {
        let pairs = (self.event_types.len() * self.regions.len()) as u32;
        self.track(&(0..pairs).collect::<Vec<_>>())
    }

    /// The series of some pairs, summed up slot by slot.
    pub fn track(&self, pairs: &[u32]) -> Arc<Track> {
        self.columns.sum_of(pairs)
    }

    /// A row.
    pub fn cell(&self, row: RowId) -> Cell {
        let (pair, at) = self.columns.place(row);
        let (event_type, region) = self.columns.names(pair);
        let track = self.columns.track(pair);
        let Count {
            events,
            late_events,
        } = track.count(at);
        Cell {
            slot: track.slot(at),
            event_type,
            region,
            events,
            late_events,
            updated_at: track.updated_at(at),
            days: track.days(at),
        }
    }

    /// All rows, by slot, event type and region.
    pub fn cells(&self) -> Vec<Cell> {
        match self.bounds() {
            Some(bounds) => self.cells_between(bounds),
            None => Vec::new(),
        }
    }

    /// The rows in these slots, by slot, event type and region.
    pub fn cells_between(&self, span: Span) -> Vec<Cell> {
        let all = self.columns.row_ids(|_| true, false);
        let cells = all.into_iter().map(|row| self.cell(row));
        cells.filter(|cell| span.contains(cell.slot)).collect()
    }

    /// Rows in an order, which is worked out once for all spans. `computed` gives the mean or the share that rows are
    /// sorted by, from a pair and the position in its series.
    pub fn rows(
        &self,
        order: &Order,
        computed: impl Fn(u32, usize) -> Option<f64>,
    ) -> Arc<[RowId]> {
        // Those of the last filters and sorts, of which one is looked at.
        self.orders.get(order.clone(), 4, || {
            let finality = |slot| self.finality(slot);
            order.of(&self.columns, finality, computed).into()
        })
    }

    /// Those of a list of rows that are in a span, by the place of each row.
    pub fn rows_within(&self, rows: &[RowId], span: Span) -> Arc<[RowId]> {
        let is_within = self.columns.rows_within(span);
        let rows = rows.iter().copied();
        rows.filter(|row| is_within[row.0 as usize]).collect()
    }

    /// The slot of a row.
    pub fn slot(&self, row: RowId) -> Slot {
        let (pair, at) = self.columns.place(row);
        self.columns.track(pair).slot(at)
    }
}

/// Names of a kind that are told apart.
const MOST_NAMES: usize = 1 << 16;

fn stored(row: &Row) -> Stored {
    let count = Count {
        events: row.events,
        late_events: row.late_events,
    };
    (row.slot, count, row.updated_at)
}

#[cfg(test)]
pub(crate) mod tests;
