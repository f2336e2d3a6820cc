//! What a chart says of a day and a series is what the table and the CSV say, to the last event.

use super::{readout, shared::Shared};
use crate::{
    calendar::{DAY_US, Day, Slot, Span, Zone, format},
    data::{Dataset, Row, Status},
    page::{ColorSlots, Page, Range, Split, State, View, csv},
};
use proptest::prelude::*;
use std::collections::HashMap;

const TYPES: [&str; 5] = ["complete", "pause", "play", "skip", "stop"];
const REGIONS: [&str; 6] = ["APAC", "EU", "LATAM", "MEA", "NA", "ZZ"];
const DAYS: i32 = 350;
/// Days times series.
const PAIRS: usize = TYPES.len() * REGIONS.len() * DAYS as usize;

/// What may be on a day of a series: nothing, a zero, few events, or more than a float can count; some of them late.
fn cell() -> impl Strategy<Value = Option<(i64, i64)>> {
    prop_oneof![
        10 => Just(None),
        10 => Just(Some((0, 0))),
        37 => (0_i64..2000, 0_i64..3).prop_map(|(events, late)| Some((events, late.min(events)))),
        // Few enough of them for a sum that 64 bits hold.
        3 => ((1_i64 << 53)..(1_i64 << 53) + 2000, 0_i64..9).prop_map(Some),
    ]
}

/// Day, event type and region of a pair.
fn place(pair: usize) -> (Day, &'static str, &'static str) {
    let (day, series) = (
        pair / (TYPES.len() * REGIONS.len()),
        pair % (TYPES.len() * REGIONS.len()),
    );
    (
        Day(day as i32),
        TYPES[series / REGIONS.len()],
        REGIONS[series % REGIONS.len()],
    )
}

/// What a row of the CSV says: events, late events, state.
type Said = (i64, i64, String);

fn said_by_csv(data: &Dataset, page: &Page) -> HashMap<(String, String, String), Said> {
    csv::of(data, &page.table)
        .lines()
        .skip(1)
        .map(|line| {
            let mut fields = line.split(',').map(str::to_owned);
            let mut next = || fields.next().unwrap();
            let key = (next(), next(), next());
            (
                key,
                (next().parse().unwrap(), next().parse().unwrap(), next()),
            )
        })
        .collect()
}

/// What a screen reader and the tooltip say of the days of a chart: state, and words by series.
fn said_by_chart(page: &Page, at: usize, index: usize) -> (String, HashMap<String, String>) {
    let chart = &page.charts[at];
    let shared = Shared {
        grain: page.grain,
        measure: page.measure,
        span: page.span,
        states: &page.states,
        begin: page.span.first,
        colors: &ColorSlots::default(),
        read: None,
        compared: None,
        highlight: None,
    };
    let sentence = readout::sentence(chart, &shared, index);
    let (head, values) = sentence.split_once(": ").unwrap();
    let values = values.split("; ").map(|value| {
        let (name, words) = value.split_once(' ').unwrap();
        (name.to_owned(), words.to_owned())
    });
    (
        head.rsplit(", ").next().unwrap().to_owned(),
        values.collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Each data set has more than ten thousand pairs of a day and a series, whatever the watermark and the zone.
    #[test]
    fn chart_table_and_csv_agree(
        cells in proptest::collection::vec(cell(), PAIRS),
        watermark in proptest::option::of(0_i64..i64::from(DAYS) * DAY_US),
        now in i64::from(DAYS) / 2 * DAY_US..i64::from(DAYS + 2) * DAY_US,
        offset in (-12_i64..15).prop_map(|hours| hours * 3_600_000_000),
    ) {
        let rows = cells.iter().enumerate().filter_map(|(pair, cell)| {
            let ((day, event_type, region), (events, late_events)) = (place(pair), (*cell)?);
            Some(Row {
                slot: Slot(day.0),
                event_type: event_type.into(),
                region: region.into(),
                events,
                late_events,
                updated_at: None,
            })
        });
        let watermark = watermark.map(|mark| mark.min(now));
        let status = Status { now, watermark, ..Status::default() };
        let zone = Zone { name: "Somewhere".into(), offset, watermark_offset: offset };
        let data = Dataset::new(rows.collect(), status).in_zone(zone);
        let state = |view, split| State {
            view,
            split,
            range: Range::Custom(Span::new(Day(0), Day(DAYS - 1))),
            ..State::default()
        };
        let page = Page::new(&data, &state(View::ByEventType, Split::Both)).unwrap();
        let overlay = Page::new(&data, &state(View::Overlay, Split::Regions)).unwrap();
        let csv = said_by_csv(&data, &page);
        prop_assert_eq!(csv.len(), cells.iter().flatten().count());
        prop_assert_eq!(page.table.rows.len(), csv.len());
        prop_assert!(PAIRS >= 10_000);
        for index in 0..page.span.count() {
            let day = Day(page.span.at(index).0);
            let charts: Vec<_> = (0..TYPES.len())
                .map(|at| said_by_chart(&page, at, index))
                .collect();
            let mut of_regions: HashMap<&str, i64> = HashMap::new();
            for ((chart_state, values), event_type) in charts.iter().zip(TYPES) {
                // Finality has one meaning, written down once more: past the end by the streams, or by the clock alone.
                let local = |at: i64| (at + offset).div_euclid(DAY_US);
                let expected = match watermark {
                    _ if i64::from(day.0) >= local(now) => "so far",
                    Some(mark) if i64::from(day.0) < local(mark) => "final",
                    Some(_) => "not final",
                    None => "over",
                };
                prop_assert_eq!(chart_state.as_str(), expected);
                for region in REGIONS {
                    let key = (day.iso(), event_type.to_owned(), region.to_owned());
                    let words = &values[region];
                    match csv.get(&key) {
                        None => prop_assert_eq!(words.as_str(), "no data"),
                        Some((events, late, state)) => {
                            prop_assert_eq!(state.as_str(), expected);
                            *of_regions.entry(region).or_default() += events;
                            let events = format::grouped(*events);
                            match late {
                                0 => prop_assert_eq!(words, &events),
                                late => prop_assert_eq!(words, &format!("{events}, {late} of them late")),
                            }
                        }
                    }
                }
            }
            for &row in &[0, page.table.rows.len() / 2] {
                let cell = data.cell(page.table.rows[row]);
                prop_assert_eq!(data.finality(cell.slot).word(), &csv[&(
                    data.grain.iso(cell.slot),
                    data.event_types[usize::from(cell.event_type)].clone(),
                    data.regions[usize::from(cell.region)].clone(),
                )].2);
            }
            let (_, sums) = said_by_chart(&overlay, 0, index);
            for region in REGIONS {
                let sum = of_regions.get(region).map_or("no data".into(), |sum| format::grouped(*sum));
                let words = sums[region].split(", ").next().unwrap_or_default();
                prop_assert_eq!(words, sum);
            }
        }
        let sum: i64 = cells.iter().flatten().map(|(events, _)| events).sum();
        prop_assert_eq!(page.table.total.events, sum);
        prop_assert_eq!(page.tiles[0].figures.sum, sum);
    }
}
