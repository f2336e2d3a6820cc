//! The same of minutes, of which those that have no row have no events, as far as they are counted.

use super::{page_of, said_by_chart, said_by_csv};
use crate::{
    calendar::{MINUTE_US, MINUTES_A_DAY, Slot, Span, Zone, format},
    data::{Dataset, Row, Status},
    page::{ChartOptions, Hours, Split, State, View},
    stats::Change,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const TYPES: [&str; 2] = ["pause", "play"];
const REGIONS: [&str; 2] = ["EU", "US"];
/// Minutes of an hour on screen.
const HOUR: i32 = 60;
/// The current minute, in the third day of the epoch.
const NOW: i32 = 3 * MINUTES_A_DAY + 720;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What is read with the pointer, what the CSV has and what the legend counts are what SQL over a series of all
    /// minutes gives: `coalesce(events, 0)` from the first event of the database to the newest one.
    #[test]
    fn minutes_without_a_row_are_zeros_in_all_of_them(
        cells in proptest::collection::btree_map(
            (0..HOUR, any::<bool>(), 0..TYPES.len(), 0..REGIONS.len()),
            1_i64..2000,
            0..60,
        ),
        first_back in 0..2 * MINUTES_A_DAY,
        newest_back in 0..HOUR,
    ) {
        let (first, newest) = (NOW - first_back.max(newest_back), NOW - newest_back);
        let is_counted = |minute: i32| (first..=newest).contains(&minute);
        let mut events: BTreeMap<(i32, usize, usize), i64> = BTreeMap::new();
        for ((back, is_before, event_type, region), number) in cells {
            let minute = NOW - back - if is_before { MINUTES_A_DAY } else { 0 };
            if is_counted(minute) {
                events.insert((minute, event_type, region), number);
            }
        }
        let rows = events.iter().map(|(&(minute, event_type, region), &events)| Row {
            slot: Slot(minute),
            event_type: TYPES[event_type].into(),
            region: REGIONS[region].into(),
            events,
            late_events: 0,
            updated_at: None,
        });
        let at = |minute: i32| i64::from(minute) * MINUTE_US;
        let status = Status { now: at(NOW), newest_event: Some(at(newest)), ..Status::default() };
        let day = |event_type: &str, region: &str| Row {
            slot: Slot(2),
            event_type: event_type.into(),
            region: region.into(),
            events: 1,
            late_events: 0,
            updated_at: None,
        };
        let pairs = TYPES.iter().flat_map(|of| REGIONS.iter().map(|region| day(of, region)));
        let days = Dataset::new(pairs.collect(), status.clone());
        let shown = Span::new(Slot(NOW - HOUR + 1), Slot(NOW));
        let counted = Span::new(Slot(first), Slot(newest));
        let read = [shown.plus(-MINUTES_A_DAY), shown];
        let counted: Vec<Span> = read.iter().filter_map(|read| read.intersect(counted)).collect();
        let data = Dataset::with_names(rows.collect(), status, &days)
            .by_minute(Zone::default(), &counted);
        let state = State { view: View::Live, hours: Hours::One, split: Split::Both, ..State::default() };
        let page = page_of(&data, &state);
        prop_assert_eq!(page.span, shown);

        let csv = said_by_csv(&data, &page);
        let on_screen = events.keys().filter(|(minute, ..)| shown.contains(Slot(*minute))).count();
        prop_assert_eq!(csv.len(), on_screen, "rows with events alone are written");
        let number = |minute: i32, of: usize, region: usize| events.get(&(minute, of, region)).copied();
        for index in 0..page.span.count() {
            let minute = page.span.at(index).0;
            let (_, said) = said_by_chart(&page, ChartOptions::default(), 0, index);
            for (of, event_type) in TYPES.into_iter().enumerate() {
                for (at, region) in REGIONS.into_iter().enumerate() {
                    let expected = match number(minute, of, at) {
                        None if !is_counted(minute) => "no data".to_owned(),
                        events => format::grouped(events.unwrap_or(0)),
                    };
                    let words = &said[&format!("{event_type} · {region}")];
                    prop_assert_eq!(words, &expected, "{} {}", minute, event_type);
                }
            }
        }
        // A minute is over once an event two minutes later has come.
        let over = |minute: &i32| *minute + 1 < newest;
        let complete: Vec<i32> = (shown.first.0..=shown.last.0).filter(over).collect();
        let compared: Vec<i32> = complete
            .iter()
            .copied()
            .filter(|minute| is_counted(*minute) && is_counted(minute - MINUTES_A_DAY))
            .collect();
        prop_assert_eq!(page.comparison.count(), compared.len());
        for line in &page.charts[0].lines {
            let (of, region) = line.full_name.split_once(" · ").unwrap();
            let of = TYPES.iter().position(|name| *name == of).unwrap();
            let region = REGIONS.iter().position(|name| *name == region).unwrap();
            let events = |minute: i32| number(minute, of, region).unwrap_or(0);
            let known: Vec<i64> =
                complete.iter().filter(|minute| is_counted(**minute)).map(|minute| events(*minute)).collect();
            let mean = known.iter().sum::<i64>() as f64 / known.len() as f64;
            prop_assert_eq!(line.figures.mean, (!known.is_empty()).then_some(mean));
            prop_assert_eq!(line.figures.min, known.iter().min().copied());
            let sum = |shift: i32| -> i128 {
                compared.iter().map(|minute| i128::from(events(minute - shift))).sum()
            };
            let change = match compared.is_empty() {
                true => Change::Nothing,
                false => Change::of(sum(0), sum(MINUTES_A_DAY)),
            };
            prop_assert_eq!(line.change, change);
        }
    }
}
