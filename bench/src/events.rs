//! Batches of events as COPY sends them, made before anything is timed.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// 2000-01-01 in seconds since 1970-01-01.
const POSTGRES_EPOCH_S: i64 = 946_684_800;
const SECOND: i64 = 1_000_000;
const USERS: f64 = 200_000.0;
const REGIONS: u32 = 50;

struct Event {
    id: [u8; 16],
    user: String,
    event_type: &'static str,
    region: String,
    /// Microseconds since 2000-01-01 UTC.
    ts: i64,
    song: String,
    device: &'static str,
}

/// The same events for both ways in.
pub(crate) struct Batch {
    /// For a table with the columns of raw_events, in the order in which the events came.
    pub(crate) plain: Vec<u8>,
    /// The same, sorted by event_id.
    pub(crate) plain_sorted: Vec<u8>,
    /// For staging_batch, sorted by event_id, as the ingestor sends it.
    pub(crate) staging: Vec<u8>,
}

/// Makes batches one after the other; a seed makes the same ones again.
pub(crate) struct Source {
    random: Pcg64Mcg,
    /// Event time of the next batch, microseconds since 2000-01-01 UTC.
    next_ts: i64,
    next_position: i64,
}

impl Source {
    /// Events from noon UTC on, of the day with this number since 1970-01-01: far from midnight, where an event is looked
    /// up in the next day, too.
    pub(crate) fn new(seed: u64, day: i64) -> Source {
        Source {
            random: Pcg64Mcg::seed_from_u64(seed),
            next_ts: (day * 86_400 + 43_200 - POSTGRES_EPOCH_S) * SECOND,
            next_position: 0,
        }
    }

    /// One batch: half a second of event time, 1 in 100 up to a day late.
    pub(crate) fn batch(&mut self, rows: usize) -> Batch {
        let mut events: Vec<Event> = (0..rows).map(|_| self.event()).collect();
        self.next_ts += SECOND / 2;
        let first_position = self.next_position;
        self.next_position += rows as i64;

        let plain = encode(&events, |_, event, row| event.put(row));
        events.sort_unstable_by_key(|event| event.id);
        Batch {
            plain,
            plain_sorted: encode(&events, |_, event, row| event.put(row)),
            staging: encode(&events, |index, event, row| {
                row.put(&0_i32.to_be_bytes());
                row.put(&(first_position + index as i64).to_be_bytes());
                event.put(row);
            }),
        }
    }

    fn event(&mut self) -> Event {
        let random = &mut self.random;
        let late = if random.random_ratio(1, 100) {
            random.random_range(0..86_400 * SECOND)
        } else {
            0
        };
        Event {
            id: random.random(),
            // A few users are very active.
            user: format!("user-{}", (USERS * random.random::<f64>().powi(3)) as u32),
            event_type: match random.random_range(0..100) {
                0..60 => "play",
                60..85 => "pause",
                _ => "stop",
            },
            region: format!("region-{:02}", random.random_range(0..REGIONS)),
            ts: self.next_ts + random.random_range(0..SECOND / 2) - late,
            device: ["phone", "tablet", "desktop", "car", "smart-speaker"]
                [random.random_range(0..5)],
            song: format!("song-{}", random.random_range(0..50_000)),
        }
    }
}

impl Event {
    fn put(&self, row: &mut Row<'_>) {
        row.put(&self.id);
        row.put(self.user.as_bytes());
        row.put(self.event_type.as_bytes());
        row.put(self.region.as_bytes());
        row.put(&self.ts.to_be_bytes());
        row.put(self.song.as_bytes());
        row.put(self.device.as_bytes());
    }
}

/// A row of a binary COPY: its number of columns is written when it is complete.
struct Row<'a> {
    bytes: &'a mut Vec<u8>,
    columns: i16,
}

impl Row<'_> {
    fn put(&mut self, value: &[u8]) {
        self.bytes.extend((value.len() as i32).to_be_bytes());
        self.bytes.extend(value);
        self.columns += 1;
    }
}

fn encode(events: &[Event], put: impl Fn(usize, &Event, &mut Row<'_>)) -> Vec<u8> {
    let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for (index, event) in events.iter().enumerate() {
        let start = bytes.len();
        bytes.extend([0; 2]);
        let mut row = Row {
            bytes: &mut bytes,
            columns: 0,
        };
        put(index, event, &mut row);
        let columns = row.columns;
        bytes[start..start + 2].copy_from_slice(&columns.to_be_bytes());
    }
    bytes.extend((-1_i16).to_be_bytes());
    bytes
}
