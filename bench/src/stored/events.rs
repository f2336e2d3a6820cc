//! Batches of events encoded for COPY, generated before anything is timed.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::copy::{self, EPOCH_US, HEADER, Row, TRAILER};

pub(crate) const SECOND_US: i64 = 1_000_000;
pub(crate) const HOUR_US: i64 = 3600 * SECOND_US;
pub(crate) const DAY_US: i64 = 24 * HOUR_US;
pub(crate) const EVENT_TYPES: [&str; 3] = ["play", "pause", "stop"];
pub(crate) const REGIONS: usize = 50;
const USERS: f64 = 200_000.0;
const DEVICES: [&str; 5] = ["phone", "tablet", "desktop", "car", "smart-speaker"];

struct Event {
    id: [u8; 16],
    user: String,
    event_type: &'static str,
    region: String,
    /// Microseconds since 1970-01-01 UTC.
    ts: i64,
    song: String,
    device: &'static str,
}

/// The same events, encoded for each way to store them.
pub(crate) struct Batch {
    pub(crate) rows: usize,
    /// For a table with the columns of raw_events, in the order of generation.
    pub(crate) plain: Vec<u8>,
    /// The same, sorted by event_id.
    pub(crate) plain_sorted: Vec<u8>,
    /// For staging_batch, sorted by event_id as the ingestor does.
    pub(crate) staging: Vec<u8>,
}

/// The time span of a batch's events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// Microseconds since 1970-01-01 UTC.
    pub(crate) from_us: i64,
    pub(crate) span_us: i64,
    /// Whether one event in a hundred is up to a day late.
    pub(crate) has_late: bool,
}

/// Generates batches; a seed gives the same batches again.
pub(crate) struct Source {
    random: Pcg64Mcg,
    next_position: i64,
}

impl Source {
    pub(crate) fn new(seed: u64) -> Source {
        Source {
            random: Pcg64Mcg::seed_from_u64(seed),
            next_position: 0,
        }
    }

    pub(crate) fn batch(&mut self, rows: usize, times: Times) -> Batch {
        let events = (0..rows).map(|_| self.event(times)).collect();
        self.encoded(events)
    }

    /// One event of each type and region, all with the same time.
    pub(crate) fn one_a_group(&mut self, ts: i64) -> Batch {
        let times = Times {
            from_us: ts,
            span_us: 1,
            has_late: false,
        };
        let mut events = Vec::with_capacity(EVENT_TYPES.len() * REGIONS);
        for event_type in EVENT_TYPES {
            for region in 0..REGIONS {
                events.push(Event {
                    event_type,
                    region: region_name(region),
                    ..self.event(times)
                });
            }
        }
        self.encoded(events)
    }

    fn encoded(&mut self, mut events: Vec<Event>) -> Batch {
        let first_position = self.next_position;
        self.next_position += events.len() as i64;
        let plain = encode(&events, |_, event, row| event.put(row));
        events.sort_unstable_by_key(|event| event.id);
        Batch {
            rows: events.len(),
            plain,
            plain_sorted: encode(&events, |_, event, row| event.put(row)),
            staging: encode(&events, |index, event, row| {
                row.put(&0_i32.to_be_bytes());
                row.put(&(first_position + index as i64).to_be_bytes());
                event.put(row);
            }),
        }
    }

    fn event(&mut self, times: Times) -> Event {
        let random = &mut self.random;
        let late = if times.has_late && random.random_ratio(1, 100) {
            random.random_range(0..DAY_US)
        } else {
            0
        };
        Event {
            id: random.random(),
            // A few users are very active.
            user: format!("user-{}", (USERS * random.random::<f64>().powi(3)) as u32),
            event_type: match random.random_range(0..100) {
                0..60 => EVENT_TYPES[0],
                60..85 => EVENT_TYPES[1],
                _ => EVENT_TYPES[2],
            },
            region: region_name(random.random_range(0..REGIONS)),
            ts: times.from_us + random.random_range(0..times.span_us) - late,
            device: DEVICES[random.random_range(0..DEVICES.len())],
            song: format!("song-{}", random.random_range(0..50_000)),
        }
    }
}

fn region_name(number: usize) -> String {
    format!("region-{number:02}")
}

impl Event {
    fn put(&self, row: &mut Row<'_>) {
        row.put(&self.id);
        row.put(self.user.as_bytes());
        row.put(self.event_type.as_bytes());
        row.put(self.region.as_bytes());
        row.put(&(self.ts - EPOCH_US).to_be_bytes());
        row.put(self.song.as_bytes());
        row.put(self.device.as_bytes());
    }
}

fn encode(events: &[Event], put: impl Fn(usize, &Event, &mut Row<'_>)) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    for (index, event) in events.iter().enumerate() {
        copy::push_row(&mut bytes, |row| put(index, event, row));
    }
    bytes.extend(TRAILER);
    bytes
}
