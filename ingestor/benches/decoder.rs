//! The cost of turning messages into rows for Postgres, on one core, compared with common crates on the same messages.
//!
//! `cargo bench --package musicstream-ingestor --bench decoder -- EVENTS.ndjson` prints rows of a Markdown table. It
//! measures the thread's own processor time, which is hardly affected by other load of the machine.

// The library exports no modules: these are its files, compiled into this program.
#[allow(dead_code, unused_imports)] // only the encoding is measured
#[path = "../src/batch/mod.rs"]
mod batch;

#[allow(dead_code)] // likewise
#[path = "../src/counts.rs"]
mod counts;

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use musicstream_event::json;
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;

use batch::{Batch, Origin};

const TURNS: usize = 21;
/// Rows of one batch.
const BATCH_ROWS: usize = 50_000;

/// An event for `serde_json`, as one would write it without this decoder.
#[derive(Deserialize)]
struct Peer<'a> {
    #[serde(borrow)]
    event_id: Cow<'a, str>,
    #[serde(borrow)]
    user_id: Cow<'a, str>,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    region: Cow<'a, str>,
    #[serde(borrow)]
    ts: Cow<'a, str>,
    #[serde(borrow)]
    song_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    device: Option<Cow<'a, str>>,
}

fn main() {
    let path = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let path = path.expect("name a file of events as NDJSON, such as `generate` makes");
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
    let messages: Vec<&[u8]> = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .collect();

    let mut batch = Batch::default();
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..TURNS {
        times[0].push(cpu_time(|| with_peer(&messages)));
        times[1].push(cpu_time(|| decode(&messages)));
        times[2].push(cpu_time(|| decode_and_encode(&messages, &mut batch)));
    }
    let names = [
        "`serde_json` into a struct, `uuid`, `chrono`",
        "the decoder: message to validated event",
        "decoder and encoder: message to row of `COPY`",
    ];
    let nanos = times.map(|times| typical(times).as_nanos() as f64 / messages.len() as f64);
    for (name, each) in names.iter().zip(nanos) {
        println!(
            "| {name} | {each:.0} | {:.2} | {:.2} |",
            1e3 / each,
            nanos[0] / each
        );
    }
}

fn with_peer(messages: &[&[u8]]) {
    for message in messages {
        let peer: Peer<'_> = serde_json::from_slice(message).expect("an event");
        let event_id = uuid::Uuid::try_parse(&peer.event_id).expect("a UUID");
        let ts = chrono::DateTime::parse_from_rfc3339(&peer.ts).expect("a time");
        black_box((
            event_id,
            ts.timestamp_micros(),
            peer.user_id,
            peer.event_type,
            peer.region,
            peer.song_id,
            peer.device,
        ));
    }
}

fn decode(messages: &[&[u8]]) {
    for message in messages {
        black_box(json::decode(message)).expect("an event");
    }
}

fn decode_and_encode(messages: &[&[u8]], batch: &mut Batch) {
    for part in messages.chunks(BATCH_ROWS) {
        batch.begin(Arc::from("kafka:cluster/topic"), 0);
        for (position, message) in (0..).zip(part) {
            let origin = Origin {
                partition: 0,
                position,
                key: Some(b"12345"),
                payload: Some(message),
            };
            batch.cover(0, None, position + 1, 1, None);
            batch.push(origin, &json::decode(message));
        }
        black_box(batch.byte_count());
    }
}

fn cpu_time(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let began = now();
    work();
    now() - began
}

/// The lower quartile, because other load can only make a measurement longer.
fn typical(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 4]
}
