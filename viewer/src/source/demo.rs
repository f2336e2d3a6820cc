//! The built-in sample: two years of a made-up music service, the same for everyone.
//!
//! It has what real numbers have: weekdays, a night and day curve, growth, an outage (days without rows),
//! a region that starts late, late events, and a day that is not over.

use super::{
    demo_reports,
    exchange::{Exchange, Message},
    extras::LISTENERS_NAME,
    latest::{Health, Latest, now},
};
use crate::{
    calendar::{DAY_US, Day, Grain, MINUTE_US, MINUTES_A_DAY, Micros, Slot, Span, Zone},
    data::{Abilities, Ask, Dataset, Distinct, Events, Extras, Request, Row, Status},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

/// What the window calls it.
pub const LABEL: &str = "built-in sample data";

/// The instant that pictures of the sample are made at: 2026-03-18 14:20 UTC, a Wednesday.
pub const PICTURE_TIME: Micros = 20_530 * DAY_US + 14 * 3_600_000_000 + 20 * 60_000_000;

const DAYS: i32 = 730;
const STEP: Duration = Duration::from_secs(2);
/// By how much the watermark is older than the newest event of the slowest partition: the default of `musicstream.lateness`.
const LATENESS_US: Micros = 3_600_000_000;

/// Name, part of a region's size, and how much the weekday counts.
const EVENT_TYPES: [(&str, f64, f64); 3] = [
    ("pause", 0.42, 1.0),
    ("play", 1.0, 1.0),
    ("stop", 0.26, 0.9),
];
/// Name, plays a day at the end of the sample, and growth factor a year.
const REGIONS: [(&str, f64, f64); 6] = [
    ("AFRICA", 9_000.0, 1.9),
    ("APAC", 41_000.0, 1.5),
    ("EU", 62_000.0, 1.12),
    ("LATAM", 24_000.0, 1.3),
    ("MENA", 6_500.0, 1.6),
    ("US", 54_000.0, 1.05),
];
/// Monday first.
const WEEKDAYS: [f64; 7] = [0.93, 0.94, 0.96, 1.0, 1.13, 1.18, 1.05];

/// The sample as it stands at an instant.
pub fn at(now: Micros, revision: i64) -> Dataset {
    let today = Day::of(now);
    let passed = ((now - today.start()) as f64 / DAY_US as f64).clamp(0.0, 1.0);
    let mut rows = Vec::new();
    for back in (0..DAYS).rev() {
        let day = today.plus(-back);
        let share = if back == 0 { share_of_day(passed) } else { 1.0 };
        for (t, (event_type, part, weekend)) in EVENT_TYPES.into_iter().enumerate() {
            for (r, (region, size, growth)) in REGIONS.into_iter().enumerate() {
                let silent = (region == "MENA" && (17..=19).contains(&back))
                    || (region == "AFRICA" && back > 520);
                if silent {
                    continue;
                }
                let noise = noise(day.0, t, r);
                let weekday = (day.0 + 3).rem_euclid(7) as usize;
                let week = 1.0 + (WEEKDAYS[weekday] - 1.0) * weekend;
                let years = f64::from(DAYS - back) / 365.0;
                let hit = if region == "US" && back == 9 {
                    1.35
                } else {
                    1.0
                };
                let dip = if region == "APAC" && back == 13 {
                    0.55
                } else {
                    1.0
                };
                let events = size * part * growth.powf(years - 2.0) * week * noise * hit * dip;
                let events = (events * share) as i64;
                let late = match back {
                    0 => 0,
                    1 => events / 90,
                    back if back % 9 == 5 && (t + r) % 2 == 0 => events / 400,
                    _ => 0,
                };
                rows.push(Row {
                    slot: Slot(day.0),
                    event_type: event_type.into(),
                    region: region.into(),
                    events,
                    late_events: if back == 1 { late / 4 } else { late },
                    updated_at: Some(if back <= 1 {
                        now - 4_000_000
                    } else {
                        day.plus(1).start() + 3_600_000_000 * (1 + r as i64)
                    }),
                });
            }
        }
    }
    let status = Status {
        watermark: Some(now - demo_reports::SLOWEST_BEHIND_US - LATENESS_US),
        newest_event: Some(now - 2_000_000),
        pending_deltas: 18,
        staged: 0,
        rejected: 214,
        last_rollup_at: Some(now - 4_000_000),
        revision,
        now,
    };
    Dataset::new(rows, status)
}

/// The two days up to a minute, by minute. The minutes of a day add up to that day's number.
fn minutes(days: &Dataset, until: Option<Slot>) -> Dataset {
    let now = days.status.now.div_euclid(MINUTE_US) as i32;
    let last = until.map_or(now, |minute| minute.0.min(now));
    let first = last - 2 * MINUTES_A_DAY + 1;
    let day_of = |minute: i32| minute.div_euclid(MINUTES_A_DAY);
    let slots = Span::new(Slot(day_of(first)), Slot(day_of(last)));
    let mut rows = Vec::new();
    for cell in days.cells_between(slots) {
        let (event_type, region) = (usize::from(cell.event_type), usize::from(cell.region));
        let begin = cell.slot.0 * MINUTES_A_DAY;
        let minutes = begin..(begin + MINUTES_A_DAY).min(now + 1);
        let weight = |minute: i32| weight_of_minute(minute, now, event_type, region);
        let all: f64 = minutes.clone().map(weight).sum();
        let (mut passed, mut counted) = (0.0, 0);
        for minute in minutes {
            let weight = weight(minute);
            passed += weight;
            let until_now = (cell.events as f64 * passed / all).round() as i64;
            if weight > 0.0 && (first..=last).contains(&minute) {
                rows.push(Row {
                    slot: Slot(minute),
                    event_type: days.event_types[event_type].clone(),
                    region: days.regions[region].clone(),
                    events: until_now - counted,
                    late_events: 0,
                    updated_at: None,
                });
            }
            counted = until_now;
        }
    }
    let begin = days.bounds().map(|bounds| bounds.first.0 * MINUTES_A_DAY);
    let counted = Span::new(Slot(begin.unwrap_or(first).clamp(first, last)), Slot(last));
    Dataset::with_names(rows, days.status.clone(), days).by_minute(Zone::default(), &[counted])
}

/// How much of a day's events a minute has, compared with others: little at night. A few minutes have none, as in an outage.
fn weight_of_minute(minute: i32, now: i32, event_type: usize, region: usize) -> f64 {
    let back = now - minute;
    let at = f64::from(minute.rem_euclid(MINUTES_A_DAY)) / f64::from(MINUTES_A_DAY);
    let hour = 1.0 - (at * std::f64::consts::TAU).cos() * 0.69;
    let noise = noise(minute, event_type, region) * 4.0 - 3.0;
    let factor = match back {
        151..154 => 0.0,
        62..71 => 1.55,
        // What has not ended, and what some sources still have to send.
        0 => 0.2,
        1 => 0.9,
        _ => 1.0,
    };
    hour * noise * factor
}

/// Who listened: fewer than there were plays, and the more so the longer one looks.
fn listeners(days: &Dataset) -> Dataset {
    let plays = |name: &str| name == "play";
    let rows = days
        .cells()
        .into_iter()
        .filter(|cell| plays(&days.event_types[usize::from(cell.event_type)]))
        .map(|cell| Row {
            slot: cell.slot,
            event_type: LISTENERS_NAME.into(),
            region: days.regions[usize::from(cell.region)].clone(),
            events: cell.events / 7,
            late_events: 0,
            updated_at: cell.updated_at,
        });
    Dataset::new(rows.collect(), days.status.clone()).of_listeners()
}

fn distinct(listeners: &Dataset, ask: &Ask) -> Distinct {
    let is_on = |name: &String| ask.regions.as_ref().is_none_or(|on| on.contains(name));
    let regions: Vec<bool> = listeners.regions.iter().map(is_on).collect();
    let over = |first: Day, last: Day| {
        let slots = Grain::Day.slots(Span { first, last });
        let mut by_day: BTreeMap<Slot, i64> = BTreeMap::new();
        for cell in listeners.cells_between(slots) {
            if regions[usize::from(cell.region)] {
                *by_day.entry(cell.slot).or_default() += cell.events;
            }
        }
        let regions = regions.iter().filter(|on| **on).count();
        demo_reports::each_once(by_day.into_values().collect(), regions)
    };
    let over = |span: Span<Day>| over(span.first, span.last);
    Distinct {
        listeners: over(ask.span),
        compared: ask
            .compared
            .map(|(days, shift)| (over(days), over(days.plus(-shift)))),
        ask: ask.clone(),
    }
}

/// Everything that the sample has beside its days.
pub(super) fn add_extras(latest: &mut Latest, at: Micros) {
    let days = latest.data.clone();
    let days = days.unwrap_or_else(|| Arc::new(self::at(at, 1)));
    let all = Request {
        minutes: Some(MINUTES_A_DAY),
        ..Request::default()
    };
    answer(latest, &days, &all);
    latest.can = Arc::new(Abilities {
        minutes: true,
        zones: false,
        listeners: true,
        events: false,
        role: String::new(),
        version: None,
        zone_names: Vec::new(),
    });
}

/// Answers a request without a thread.
pub(super) fn answer_at_once(latest: &mut Latest, request: &Request) {
    if let Some(days) = latest.data.clone() {
        answer(latest, &days, request);
        latest.generation += 1;
    }
}

/// Works the report that is shown out again.
pub(super) fn answer_report(latest: &mut Latest) {
    if let (Some(ask), Some(days)) = (&latest.answered.report, &latest.data) {
        latest.extras.report = Some(Arc::new(demo_reports::answer(days, ask)));
    }
}

fn answer(latest: &mut Latest, days: &Dataset, request: &Request) {
    let listeners = Arc::new(listeners(days));
    latest.distinct = request
        .distinct
        .as_ref()
        .map(|ask| distinct(&listeners, ask));
    let report = request.report.as_ref();
    latest.extras = Extras {
        minutes: request
            .minutes
            .map(|_| Arc::new(minutes(days, request.until))),
        listeners: Some(listeners),
        events: request
            .events
            .as_ref()
            .map(|ask| Arc::new((ask.clone(), Events::None))),
        report: report.map(|ask| Arc::new(demo_reports::answer(days, ask))),
    };
    latest.answered = request.clone();
    latest.read = request.clone();
}

/// Which part of a day's events has come when this part of the day has passed: little at night.
fn share_of_day(passed: f64) -> f64 {
    passed - (passed * std::f64::consts::TAU).sin() * 0.11
}

/// Between 0.94 and 1.06, always the same for the same slot and series.
fn noise(slot: i32, event_type: usize, region: usize) -> f64 {
    let mut seed = (slot as u64) << 8 | (event_type as u64) << 4 | region as u64;
    seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    seed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    seed = (seed ^ (seed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    0.94 + (seed >> 40) as f64 / (1_u64 << 24) as f64 * 0.12
}

/// Lets the sample grow until told to stop.
pub(super) fn run(exchange: &Exchange, messages: &Receiver<Message>) {
    let mut revision = 0;
    let mut paused = false;
    let mut request = Request::default();
    let mut read = true;
    loop {
        if read {
            revision += 1;
            let data = Arc::new(at(now(), revision));
            exchange.update(|latest| {
                add_extras(latest, data.status.now);
                answer(latest, &data, &request);
                latest.health = if paused { Health::Paused } else { Health::Live };
                latest.data = Some(data);
                latest.checked_at = Some(now());
                latest.generation += 1;
            });
        }
        read = match messages.recv_timeout(STEP) {
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Ok(Message::Pause(value)) => {
                paused = value;
                let health = if paused { Health::Paused } else { Health::Live };
                exchange.update(|latest| latest.health = health);
                !paused
            }
            Ok(Message::Request(value)) => {
                request = *value;
                true
            }
            Ok(Message::Refresh) => true,
            Err(RecvTimeoutError::Timeout) => !paused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::reports;

    #[test]
    fn the_same_instant_gives_the_same_numbers() {
        assert_eq!(at(PICTURE_TIME, 1), at(PICTURE_TIME, 1));
        assert_eq!(Day::of(PICTURE_TIME).iso(), "2026-03-18");
    }

    #[test]
    fn the_watermark_is_an_hour_older_than_the_newest_event_of_the_slowest_partition() {
        let (days, ask) = (at(PICTURE_TIME, 1), reports::Ask::Pipeline);
        let answer = demo_reports::answer(&days, &ask);
        let Ok(reports::Content::Pipeline(pipeline)) = answer.content else {
            panic!("no pipeline");
        };
        let slowest = pipeline.slowest().expect("a partition");
        assert!(slowest.holds_watermark);
        let newest = slowest.newest_event_at.expect("an event");
        assert_eq!(pipeline.watermark, Some(newest - 3_600_000_000));
        assert_eq!(days.status.watermark, pipeline.watermark);
    }

    #[test]
    fn it_only_grows_during_a_day() {
        let sum = |now| {
            let data = at(now, 1);
            let today = data.current();
            data.cells_between(Span::new(today, today))
                .iter()
                .map(|cell| cell.events)
                .sum::<i64>()
        };
        let start = Day::of(PICTURE_TIME).start();
        let sums: Vec<i64> = (0..24)
            .map(|hour| sum(start + hour * 3_600_000_000))
            .collect();
        assert!(sums.windows(2).all(|pair| pair[0] <= pair[1]), "{sums:?}");
    }
}
