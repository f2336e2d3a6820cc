//! What a chart says of a day and a series is what the table and the CSV say, to the last event.

mod minutes;

use super::{readout, shared::Shared};
use crate::{
    calendar::{DAY_US, Day, Grain, Slot, Span, Zone, format},
    data::{Dataset, Row, Status},
    page::{Bucket, ChartOptions, ColorSlots, Page, Range, Split, State, View, csv},
    ui::text,
};
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap};

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

/// The rows that the database would return for these cells.
fn rows(cells: &[Option<(i64, i64)>]) -> Vec<Row> {
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
    rows.collect()
}

fn page_of(data: &Dataset, state: &State) -> Page {
    Page::new(data, data, state, text::others).unwrap()
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
fn said_by_chart(
    page: &Page,
    options: ChartOptions,
    at: usize,
    index: usize,
) -> (String, HashMap<String, String>) {
    let chart = &page.charts[at];
    let shared = Shared {
        stacked: false,
        grain: page.grain,
        measure: page.measure,
        span: page.span,
        states: &page.states,
        window: 1,
        begin: page.span.first,
        colors: &ColorSlots::default(),
        read: None,
        reads_by_key: false,
        compared: None,
        options,
        top: None,
        least: None,
        highlight: None,
    };
    let sentence = readout::sentence(chart, &shared, index);
    let (head, values) = sentence.split_once(": ").unwrap();
    let values = values.split("; ").map(|value| {
        let mut names = chart.lines.iter().map(|line| line.name.as_str());
        let (name, words) = names
            .find_map(|name| Some((name, value.strip_prefix(name)?.strip_prefix(' ')?)))
            .unwrap();
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
        let watermark = watermark.map(|mark| mark.min(now));
        let status = Status { now, watermark, ..Status::default() };
        let zone = Zone { name: "Somewhere".into(), offset, watermark_offset: offset };
        let data = Dataset::new(rows(&cells), status).in_zone(zone);
        let state = |view, split| State {
            view,
            split,
            range: Range::Custom(Span::new(Day(0), Day(DAYS - 1))),
            ..State::default()
        };
        let page = page_of(&data, &state(View::ByEventType, Split::Both));
        let overlay = page_of(&data, &state(View::Overlay, Split::Regions));
        let csv = said_by_csv(&data, &page);
        prop_assert_eq!(csv.len(), cells.iter().flatten().count());
        prop_assert_eq!(page.table.rows.len(), csv.len());
        prop_assert!(PAIRS >= 10_000);
        for index in 0..page.span.count() {
            let day = Day(page.span.at(index).0);
            let charts: Vec<_> = (0..TYPES.len())
                .map(|at| said_by_chart(&page, ChartOptions::default(), at, index))
                .collect();
            let mut of_regions: HashMap<&str, i64> = HashMap::new();
            for ((chart_state, values), event_type) in charts.iter().zip(TYPES) {
                // A day is final if the watermark is past its end. Computed again here, independently of Finality.
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
            let (_, sums) = said_by_chart(&overlay, ChartOptions::default(), 0, index);
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

/// What a row must say, worked out from plain rows.
#[derive(Debug, Default)]
struct Expected {
    events: i64,
    days: BTreeSet<i32>,
    mean: Option<f64>,
    share: Option<f64>,
}

type Place = (Slot, &'static str, &'static str);

/// Numbers of a slot of a grain, of which the days before `today` are whole.
fn expected(cells: &[Option<(i64, i64)>], grain: Grain, today: Day) -> HashMap<Place, Expected> {
    let mut expected: HashMap<Place, Expected> = HashMap::new();
    let mut by_day: HashMap<(Day, &str, &str), i64> = HashMap::new();
    for (pair, cell) in cells.iter().enumerate() {
        let ((day, event_type, region), Some((events, _))) = (place(pair), cell) else {
            continue;
        };
        let said = expected
            .entry((grain.slot(day), event_type, region))
            .or_default();
        said.events += events;
        if day < today {
            said.days.insert(day.0);
        }
        by_day.insert((day, event_type, region), *events);
    }
    let mut wholes: HashMap<(Slot, &str), i64> = HashMap::new();
    for ((slot, event_type, _), said) in &expected {
        *wholes.entry((*slot, event_type)).or_default() += said.events;
    }
    for ((slot, event_type, region), said) in &mut expected {
        let whole = wholes[&(*slot, *event_type)];
        said.share = (whole > 0).then(|| said.events as f64 / whole as f64 * 100.0);
        let day = grain.day(*slot);
        let week =
            (day.0 - 6..=day.0).filter_map(|at| by_day.get(&(Day(at), *event_type, *region)));
        let week: Vec<i64> = week.copied().collect();
        let sum: i128 = week.iter().map(|events| i128::from(*events)).sum();
        let is_shown = grain == Grain::Day && day < today;
        said.mean = is_shown.then(|| sum as f64 / week.len() as f64);
    }
    expected
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Weeks and months with how many of their days have rows, means of seven days and shares: the chart says what the
    /// CSV says, and both what plain rows give.
    #[test]
    fn buckets_means_and_shares_agree(
        cells in proptest::collection::vec(cell(), PAIRS),
        today in DAYS / 2..DAYS + 2,
        bucket in 0..Bucket::ALL.len(),
        (mean, share) in any::<(bool, bool)>(),
    ) {
        let status = Status { now: Day(today).start(), ..Status::default() };
        let days = Dataset::new(rows(&cells), status);
        let bucket = Bucket::ALL[bucket];
        let grain = bucket.grain();
        let data = match bucket {
            Bucket::Day => days,
            _ => days.in_buckets(grain),
        };
        let state = State {
            bucket,
            options: ChartOptions { mean, share, ..ChartOptions::default() },
            range: Range::Custom(Span::new(Day(0), Day(DAYS - 1))),
            ..State::default()
        };
        let page = page_of(&data, &state);
        let expected = expected(&cells, grain, Day(today));
        prop_assert_eq!(page.table.rows.len(), expected.len());
        let csv = csv::of(&data, &page.table);
        let mut lines = csv.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let column = |name: &str| header.iter().position(|column| *column == name);
        prop_assert_eq!(column("days").is_some(), bucket != Bucket::Day);
        prop_assert_eq!(column("mean_7_days").is_some(), mean && bucket == Bucket::Day);
        prop_assert_eq!(column("share_percent").is_some(), share);
        let by_row: HashMap<(String, String, String), Vec<&str>> = lines
            .map(|line| line.split(',').collect::<Vec<_>>())
            .map(|fields| ((fields[0].into(), fields[1].into(), fields[2].into()), fields))
            .collect();
        let close = |said: &str, number: Option<f64>, unit: f64| match number {
            None => said.is_empty(),
            Some(number) => {
                let said: f64 = said.parse().unwrap();
                // Halves may be rounded either way, and large numbers have no hundredths.
                (said - number).abs() <= unit * 0.500_001 + number.abs() * 1e-15
            }
        };
        for (at, event_type) in TYPES.into_iter().enumerate() {
            for index in 0..page.span.count() {
                let slot = page.span.at(index);
                let (_, said) = said_by_chart(&page, state.drawn(), at, index);
                for region in REGIONS {
                    let words: Vec<&str> = said[region].split(", ").collect();
                    let Some(expected) = expected.get(&(slot, event_type, region)) else {
                        prop_assert_eq!(said[region].as_str(), "no data");
                        continue;
                    };
                    let row = &by_row[&(grain.iso(slot), event_type.into(), region.into())];
                    prop_assert_eq!(row[3].parse::<i64>().unwrap(), expected.events);
                    prop_assert_eq!(words[0], format::grouped(expected.events));
                    let (has, of) = (expected.days.len(), grain.day_count(slot));
                    if let Some(days) = column("days") {
                        prop_assert_eq!(row[days], has.to_string());
                        prop_assert_eq!(row[days + 1], of.to_string());
                    }
                    let covered = format!("{has} of {of} days");
                    let is_said = bucket != Bucket::Day && has < of;
                    prop_assert_eq!(words.contains(&covered.as_str()), is_said);
                    if let Some(at) = column("mean_7_days") {
                        prop_assert!(close(row[at], expected.mean, 0.01), "{:?} {:?}", row, expected);
                        let words = expected.mean.map(format::mean);
                        let said = said[region].split_once(" days ").map(|(_, mean)| {
                            mean.split(", ").next().unwrap().to_owned()
                        });
                        prop_assert_eq!(said, words);
                    }
                    if let Some(at) = column("share_percent") {
                        prop_assert!(close(row[at], expected.share, 0.01), "{:?} {:?}", row, expected);
                        let said = words.iter().find_map(|words| words.strip_suffix(" %"));
                        prop_assert!(close(said.unwrap_or_default(), expected.share, 0.1));
                    }
                }
            }
        }
    }
}
