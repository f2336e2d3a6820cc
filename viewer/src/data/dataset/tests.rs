use super::*;
use crate::calendar::DAY_US;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A row with the usual values where the test does not care.
pub(crate) fn row(day: i32, event_type: &str, region: &str, events: i64) -> Row {
    Row {
        slot: Slot(day),
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
    let events: Vec<i64> = data.cells().iter().map(|cell| cell.events).collect();
    assert_eq!(events, [3, 2, 1]);
    assert_eq!(data.bounds(), Some(Span::new(Slot(4), Slot(5))));
    assert_eq!(data.cells_between(Span::new(Slot(5), Slot(9))).len(), 1);
    assert!(!data.has_counts(Span::new(Slot(6), Slot(9))));
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
        let days = touched.iter().map(|day| Slot(*day)).collect();
        let mut changed = rows(&after);
        changed.retain(|row| is_touched(row.slot.0));
        prop_assert_eq!(
            old.with_slots(&days, &changed, status(mark)),
            Dataset::new(rows(&expected), status(mark))
        );
    }
}

proptest! {
    /// A week or a month has what its days have: of a pair, and of several together.
    #[test]
    fn buckets_are_the_sums_of_their_days(
        cells in proptest::collection::btree_map((0_i32..400, 0_usize..2, 0_usize..3), (0_i64..9, 0_i64..3), 0..300),
        today in 0_i32..450,
    ) {
        let rows = cells.iter().map(|(&(day, t, r), &(events, late_events))| Row {
            late_events,
            updated_at: (events > 2).then_some(i64::from(day) * events),
            ..row(day, ["play", "stop"][t], ["APAC", "EU", "US"][r], events)
        });
        let days = Dataset::new(rows.collect(), noon(today));
        for grain in [Grain::Week, Grain::Month] {
            let buckets = days.in_buckets(grain);
            prop_assert!(buckets.is_of(&days, grain));
            let mut expected: BTreeMap<(Slot, u16, u16), Cell> = BTreeMap::new();
            for cell in days.cells() {
                let slot = grain.slot(Day(cell.slot.0));
                let key = (slot, cell.event_type, cell.region);
                let bucket = expected.entry(key).or_insert(Cell {
                    slot,
                    events: 0,
                    late_events: 0,
                    updated_at: None,
                    days: Some(0),
                    ..cell
                });
                bucket.events += cell.events;
                bucket.late_events += cell.late_events;
                bucket.updated_at = bucket.updated_at.max(cell.updated_at);
                let is_whole = usize::from(cell.slot.0 < today);
                bucket.days = bucket.days.map(|days| days + is_whole);
            }
            prop_assert_eq!(buckets.cells(), expected.into_values().collect::<Vec<_>>());
            // All together: on how many whole days there is any row, not how many rows there are.
            let pairs: Vec<u32> = (0..(days.event_types.len() * days.regions.len()) as u32).collect();
            if pairs.is_empty() {
                continue;
            }
            let all = buckets.track(&pairs);
            for at in 0..all.len() {
                let slot = all.slot(at);
                let in_slot: BTreeSet<i32> = days
                    .cells()
                    .iter()
                    .filter(|cell| grain.slot(Day(cell.slot.0)) == slot && cell.slot.0 < today)
                    .map(|cell| cell.slot.0)
                    .collect();
                prop_assert_eq!(all.days(at), Some(in_slot.len()));
            }
        }
    }
}

#[test]
fn a_week_is_so_far_until_its_sunday_is_over() {
    // 2026-03-18 is a Wednesday.
    let mut days = Dataset::new(vec![row(20_530, "play", "EU", 1)], noon(20_530));
    days.status.watermark = Some(Day(20_530).start());
    let weeks = days.in_buckets(Grain::Week);
    let week = weeks.current();
    assert_eq!(weeks.finality(week), Finality::SoFar);
    assert_eq!(weeks.finality(week.plus(-1)), Finality::Final);
    days.status.watermark = Some(Day(20_527).start());
    let weeks = days.in_buckets(Grain::Week);
    assert_eq!(
        weeks.finality(week.plus(-1)),
        Finality::Open,
        "Sunday is not passed"
    );
    assert_eq!(weeks.cells()[0].days, Some(0), "today is no whole day");
}

#[test]
fn the_watermark_decides_what_is_final() {
    let mut data = Dataset::new(vec![], noon(10));
    assert_eq!(data.finality(Slot(10)), Finality::SoFar);
    assert_eq!(data.finality(Slot(11)), Finality::SoFar);
    assert_eq!(
        data.finality(Slot(9)),
        Finality::Over,
        "nothing streams: the clock decides"
    );
    data.status.watermark = Some(Day(8).start() + 1);
    assert_eq!(data.finality(Slot(9)), Finality::Open);
    assert_eq!(data.finality(Slot(8)), Finality::Open);
    assert_eq!(data.finality(Slot(7)), Finality::Final);
}
