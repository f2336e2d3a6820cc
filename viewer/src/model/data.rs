//! The numbers of one load, as they came from the source.

use super::{
    columns::Columns,
    day::{Day, Micros},
    grain::{Grain, Zone},
    memo::Memo,
    table::Order,
};
use std::collections::{BTreeMap, BTreeSet};

/// Deltas that wait are counted up to here: as many, or more.
const MOST_DELTAS: i64 = 100_000;

/// How far the pipeline was when the numbers were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Event time up to which the streams have come, if any has come at all.
    pub watermark: Option<Micros>,
    /// Deltas that no rollup has folded yet (they are in the numbers already); 100,000 stands for as many, or more.
    pub pending_deltas: i64,
    /// Rows in the shared inbox that nobody has judged yet.
    pub staged: i64,
    /// Events refused so far.
    pub rejected: i64,
    /// When the last rollup ended.
    pub last_rollup_at: Option<Micros>,
    /// Changes whenever a rollup changed the metrics.
    pub revision: i64,
    /// The source's clock when it answered.
    pub now: Micros,
}

impl Status {
    /// What has to change before it is worth reading the numbers again; `None` if they may change without it.
    pub fn fingerprint(&self) -> Option<(i64, i64, Option<Micros>, Day)> {
        (self.pending_deltas < MOST_DELTAS).then_some((
            self.revision,
            self.pending_deltas,
            self.watermark,
            Day::of(self.now),
        ))
    }
}

/// One row of `live_daily_metrics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// UTC day.
    pub day: Day,
    /// For instance `play`.
    pub event_type: String,
    /// For instance `EU`.
    pub region: String,
    /// Events of the day.
    pub events: i64,
    /// Those of them that came after the day was final.
    pub late_events: i64,
    /// When the row last changed.
    pub updated_at: Option<Micros>,
}

/// A row with its names as indices into [`Dataset::event_types`] and [`Dataset::regions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// UTC day.
    pub day: Day,
    /// Index into the event types.
    pub event_type: u16,
    /// Index into the regions.
    pub region: u16,
    /// Events of the day.
    pub events: i64,
    /// Late ones among them.
    pub late_events: i64,
    /// When the row last changed.
    pub updated_at: Option<Micros>,
}

/// What can be said about a day as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayState {
    /// The streams are past its end: late events may still be added, nothing else.
    Final,
    /// The day is over by the clock, and there is no watermark that could say more.
    Over,
    /// The day is over, but the streams have not been seen to be past its end.
    Open,
    /// The day has not ended: its numbers are those so far.
    SoFar,
}

impl DayState {
    /// What a day is: the one place where that is decided, for charts, table, CSV and pictures alike.
    /// `reached` is the day that the streams have come to, if there is a watermark.
    pub fn decide(day: Day, today: Day, reached: Option<Day>) -> Self {
        match reached {
            _ if day >= today => Self::SoFar,
            Some(reached) if day < reached => Self::Final,
            Some(_) => Self::Open,
            None => Self::Over,
        }
    }

    /// The same in words, in the window as in CSV.
    pub fn word(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Over => "over",
            Self::Open => "not final",
            Self::SoFar => "so far",
        }
    }

    /// Whether the day may be compared with others.
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Final | Self::Over)
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// Events: they add up over days, types and regions.
    #[default]
    Events,
    /// Distinct listeners, estimated: they add up over nothing, since one listener may be in many places.
    Listeners,
}

/// All numbers of one load, sorted by day, event type and region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dataset {
    /// Names, sorted.
    pub event_types: Vec<String>,
    /// Names, sorted.
    pub regions: Vec<String>,
    /// The rows, sorted by day, event type, region.
    pub cells: Vec<Cell>,
    /// How far the pipeline was.
    pub status: Status,
    /// What a day of it is.
    pub grain: Grain,
    /// In which zone.
    pub zone: Zone,
    /// What its numbers count.
    pub measure: Measure,
    pub(super) columns: Columns,
    pub(super) orders: Memo<Order, [u32]>,
}

impl Dataset {
    /// Sorts and indexes rows. At most 65,536 names of a kind are told apart; rows beyond are dropped.
    pub fn new(rows: Vec<Row>, status: Status) -> Self {
        Self::with_names(rows, status, &Self::default())
    }

    /// The same with the names of another one too, whether they have rows here or not.
    pub fn with_names(mut rows: Vec<Row>, status: Status, other: &Self) -> Self {
        rows.sort_by(|a, b| {
            (a.day, &a.event_type, &a.region).cmp(&(b.day, &b.event_type, &b.region))
        });
        let event_types = rows.iter().map(|row| &row.event_type);
        let event_types = index_names(event_types.chain(&other.event_types));
        let regions = index_names(rows.iter().map(|row| &row.region).chain(&other.regions));
        let cells = rows
            .iter()
            .filter_map(|row| {
                Some(Cell {
                    day: row.day,
                    event_type: *event_types.get(row.event_type.as_str())?,
                    region: *regions.get(row.region.as_str())?,
                    events: row.events,
                    late_events: row.late_events,
                    updated_at: row.updated_at,
                })
            })
            .collect();
        let names = |index: BTreeMap<&str, u16>| index.into_keys().map(str::to_owned).collect();
        Self::of(names(event_types), names(regions), cells, status)
    }

    fn of(
        event_types: Vec<String>,
        regions: Vec<String>,
        cells: Vec<Cell>,
        status: Status,
    ) -> Self {
        Self {
            columns: Columns::new(event_types.len(), regions.len(), &cells),
            event_types,
            regions,
            cells,
            status,
            grain: Grain::default(),
            zone: Zone::default(),
            measure: Measure::default(),
            orders: Memo::default(),
        }
    }

    /// The same as numbers of a zone's days.
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// The same as minutes, on the clock of a zone. In a minute of which anything came, a series without a row had
    /// no event: that is a zero, unlike a minute of which nothing came at all.
    pub fn by_minute(self, zone: Zone) -> Self {
        let offset = zone.offset;
        Self {
            grain: Grain::Minute { offset },
            columns: self.columns.with_zeros(&self.cells),
            zone,
            ..self
        }
    }

    /// The same as numbers of distinct listeners.
    pub fn of_listeners(self) -> Self {
        Self {
            measure: Measure::Listeners,
            ..self
        }
    }

    /// The same numbers with other rows for some days: what a whole new load would have brought, if nothing
    /// has changed on the other days but that the watermark has passed them.
    pub fn with_days(&self, days: &BTreeSet<Day>, rows: &[Row], status: Status) -> Self {
        self.with_days_and_names(days, rows, status, &Self::default())
    }

    /// The same with the names of another one too, whether they have rows here or not.
    pub fn with_days_and_names(
        &self,
        days: &BTreeSet<Day>,
        rows: &[Row],
        status: Status,
        other: &Self,
    ) -> Self {
        let kept = || self.cells.iter().filter(|cell| !days.contains(&cell.day));
        let event_types = Renaming::new(
            &self.event_types,
            kept().map(|cell| cell.event_type),
            rows.iter()
                .map(|row| &row.event_type)
                .chain(&other.event_types),
        );
        let regions = Renaming::new(
            &self.regions,
            kept().map(|cell| cell.region),
            rows.iter().map(|row| &row.region).chain(&other.regions),
        );
        let mut cells: Vec<Cell> = kept()
            .map(|cell| Cell {
                event_type: event_types.moved[usize::from(cell.event_type)],
                region: regions.moved[usize::from(cell.region)],
                ..*cell
            })
            .collect();
        cells.extend(rows.iter().filter_map(|row| {
            Some(Cell {
                day: row.day,
                event_type: event_types.position(&row.event_type)?,
                region: regions.position(&row.region)?,
                events: row.events,
                late_events: row.late_events,
                updated_at: row.updated_at,
            })
        }));
        cells.sort_by_key(|cell| (cell.day, cell.event_type, cell.region));
        Self::of(event_types.names, regions.names, cells, status)
    }

    /// How many rows some rollup has written, and when the last of them did.
    pub fn rolled_up(&self) -> (usize, Option<Micros>) {
        let times = || self.cells.iter().filter_map(|cell| cell.updated_at);
        (times().count(), times().max())
    }

    /// First and last day with any row.
    pub fn bounds(&self) -> Option<(Day, Day)> {
        Some((self.cells.first()?.day, self.cells.last()?.day))
    }

    /// The source's clock, as the zone reads it.
    pub fn local_now(&self) -> Micros {
        self.status.now + self.zone.offset
    }

    /// The day, or minute, of the source's clock.
    pub fn today(&self) -> Day {
        match self.grain {
            Grain::Day => Day::of(self.local_now()),
            minute => minute.of(self.status.now),
        }
    }

    /// The day, or minute, that the streams have come to.
    fn reached(&self) -> Option<Day> {
        let mark = self.status.watermark?;
        Some(match self.grain {
            Grain::Day => Day::of(mark + self.zone.watermark_offset),
            minute => minute.of(mark),
        })
    }

    /// The cells of the days from `first` to `last`, both included.
    pub fn between(&self, first: Day, last: Day) -> &[Cell] {
        let from = self.cells.partition_point(|cell| cell.day < first);
        let to = self.cells.partition_point(|cell| cell.day <= last);
        &self.cells[from..to.max(from)]
    }

    /// What can be said about a day: the watermark decides, or the clock where nothing streams.
    pub fn day_state(&self, day: Day) -> DayState {
        DayState::decide(day, self.today(), self.reached())
    }
}

/// How names are numbered once some have come and others are gone.
struct Renaming {
    names: Vec<String>,
    /// New numbers by the old ones; those of names that are gone mean nothing.
    moved: Vec<u16>,
}

impl Renaming {
    fn new<'a>(
        old: &'a [String],
        used: impl Iterator<Item = u16>,
        new: impl Iterator<Item = &'a String>,
    ) -> Self {
        let mut is_used = vec![false; old.len()];
        for number in used {
            is_used[usize::from(number)] = true;
        }
        let names: BTreeSet<&str> = old
            .iter()
            .zip(is_used)
            .filter_map(|(name, is_used)| is_used.then_some(name.as_str()))
            .chain(new.map(String::as_str))
            .collect();
        let mut renaming = Self {
            names: names.into_iter().map(str::to_owned).collect(),
            moved: Vec::new(),
        };
        renaming.moved = old
            .iter()
            .map(|name| renaming.position(name).unwrap_or(u16::MAX))
            .collect();
        renaming
    }

    fn position(&self, name: &str) -> Option<u16> {
        let at = self
            .names
            .binary_search_by(|known| known.as_str().cmp(name));
        u16::try_from(at.ok()?).ok()
    }
}

fn index_names<'a>(names: impl Iterator<Item = &'a String>) -> BTreeMap<&'a str, u16> {
    let mut index: BTreeMap<&str, u16> = names.map(|name| (name.as_str(), 0)).collect();
    for (number, slot) in index.values_mut().enumerate() {
        *slot = u16::try_from(number).unwrap_or(u16::MAX);
    }
    index
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn more_deltas_than_are_counted_tell_no_change() {
        let status = |pending_deltas| Status {
            pending_deltas,
            ..Status::default()
        };
        assert_ne!(status(1).fingerprint(), status(2).fingerprint());
        assert_eq!(status(MOST_DELTAS).fingerprint(), None);
    }

    use crate::model::day::DAY_US;
    use proptest::prelude::*;

    /// A row with the usual values where the test does not care.
    pub(crate) fn row(day: i32, event_type: &str, region: &str, events: i64) -> Row {
        Row {
            day: Day(day),
            event_type: event_type.into(),
            region: region.into(),
            events,
            late_events: 0,
            updated_at: Some(0),
        }
    }

    /// A status whose clock stands at noon of the day.
    pub(crate) fn noon(day: i32) -> Status {
        Status {
            now: Day(day).start() + DAY_US / 2,
            ..Status::default()
        }
    }

    #[test]
    fn rows_are_sorted_and_named() {
        let data = Dataset::new(
            vec![
                row(5, "stop", "US", 1),
                row(4, "play", "US", 2),
                row(4, "play", "EU", 3),
            ],
            noon(5),
        );
        assert_eq!(data.event_types, ["play", "stop"]);
        assert_eq!(data.regions, ["EU", "US"]);
        let events: Vec<i64> = data.cells.iter().map(|cell| cell.events).collect();
        assert_eq!(events, [3, 2, 1]);
        assert_eq!(data.bounds(), Some((Day(4), Day(5))));
        assert_eq!(data.between(Day(5), Day(9)).len(), 1);
        assert!(data.between(Day(9), Day(1)).is_empty());
    }

    proptest! {
        /// Loading changed days alone ends where loading everything ends, whatever names come and go.
        #[test]
        fn changed_days_alone_are_as_good_as_everything(
            before in proptest::collection::btree_map((0_i32..6, 0_usize..3, 0_usize..4), 0_i64..9, 0..40),
            after in proptest::collection::btree_map((0_i32..6, 0_usize..3, 0_usize..4), 0_i64..9, 0..40),
            touched in proptest::collection::btree_set(0_i32..6, 0..6),
            marks in (0_i32..7, 0_i32..7),
        ) {
            let (types, regions) = (["pause", "play", "stop"], ["APAC", "EU", "US", "ZZ"]);
            let rows = |cells: &BTreeMap<(i32, usize, usize), i64>| -> Vec<Row> {
                let row = |(&(day, t, r), &events): (&(i32, usize, usize), &i64)| row(day, types[t], regions[r], events);
                cells.iter().map(row).collect()
            };
            let status = |mark: i32| Status { watermark: Some(Day(mark).start()), ..noon(6) };
            let (old_mark, mark) = (marks.0.min(marks.1), marks.0.max(marks.1));
            let is_touched = |day: i32| touched.contains(&day);
            let mut expected: BTreeMap<_, _> = before.clone();
            expected.retain(|(day, ..), _| !is_touched(*day));
            expected.extend(after.clone().into_iter().filter(|((day, ..), _)| is_touched(*day)));

            let old = Dataset::new(rows(&before), status(old_mark));
            let days = touched.iter().map(|day| Day(*day)).collect();
            let mut changed = rows(&after);
            changed.retain(|row| is_touched(row.day.0));
            prop_assert_eq!(
                old.with_days(&days, &changed, status(mark)),
                Dataset::new(rows(&expected), status(mark))
            );
        }
    }

    #[test]
    fn the_watermark_decides_what_is_final() {
        let mut data = Dataset::new(vec![], noon(10));
        assert_eq!(data.day_state(Day(10)), DayState::SoFar);
        assert_eq!(data.day_state(Day(11)), DayState::SoFar);
        assert_eq!(
            data.day_state(Day(9)),
            DayState::Over,
            "nothing streams: the clock decides"
        );
        data.status.watermark = Some(Day(8).start() + 1);
        assert_eq!(data.day_state(Day(9)), DayState::Open);
        assert_eq!(data.day_state(Day(8)), DayState::Open);
        assert_eq!(data.day_state(Day(7)), DayState::Final);
    }
}
