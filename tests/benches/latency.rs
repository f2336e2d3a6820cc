//! How long an event takes from the producer to `live_daily_metrics` at a quiet ten a second, and what the ingestor
//! costs meanwhile and while nothing comes.
//!
//! Prints rows of a Markdown table; `make bench-ingest` runs it. It needs the stack, as the tests do.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use musicstream_tests::database::{Database, value};
use musicstream_tests::http;
use musicstream_tests::pipeline::stream;
use musicstream_tests::process::Program;
use musicstream_tests::stack::stack;
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::wait::until;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

const EVENTS: usize = 600;
const BETWEEN_EVENTS: Duration = Duration::from_millis(100);
const IDLE: Duration = Duration::from_secs(30);
const WARM_UP: usize = 20;
const WITHIN: Duration = Duration::from_secs(60);

fn main() {
    let database = Database::create();
    let topic = Topic::create("latency", 1);
    topic.send(vec![event(0)]);
    let ingestor = Program::start(stream(&database, &topic).args(["--listen", "127.0.0.1:0"]));
    let mut client = database.client();
    let mut counted = || {
        let sql = "select coalesce(sum(events), 0)::bigint from live_daily_metrics";
        usize::try_from(value::<i64>(&mut client, sql, &[])).unwrap_or_default()
    };
    until(WITHIN, "the first event", || (counted() == 1).then_some(()));
    let address = http::address(&ingestor);

    let (began, used) = (Instant::now(), cpu_time(ingestor.id()));
    // What is measured here is that nothing happens.
    thread::sleep(IDLE);
    let idle = share(used, began, ingestor.id());

    let sent = Arc::new(Mutex::new(Vec::with_capacity(EVENTS)));
    let (began, used) = (Instant::now(), cpu_time(ingestor.id()));
    let producer = thread::spawn({
        let (sent, topic) = (sent.clone(), topic.name().to_owned());
        move || produce(&topic, &sent)
    });
    let mut latencies = Vec::with_capacity(EVENTS);
    while latencies.len() < EVENTS {
        let seen = counted() - 1;
        let now = Instant::now();
        for sent in &sent.lock().expect("the producer works")[latencies.len()..seen] {
            latencies.push(now - *sent);
        }
        assert!(
            began.elapsed() < BETWEEN_EVENTS * EVENTS as u32 + WITHIN,
            "events are missing"
        );
        thread::sleep(Duration::from_millis(1));
    }
    let busy = share(used, began, ingestor.id());
    producer.join().expect("the producer works");
    let batches = http::figure(
        &address,
        &format!("batches_total{{topic=\"{}\"}}", topic.name()),
    );

    let mut latencies = latencies.split_off(WARM_UP);
    latencies.sort_unstable();
    let at = |share: f64| latencies[(latencies.len() as f64 * share) as usize].as_millis();
    println!("| event to `live_daily_metrics`, median | {} ms |", at(0.5));
    println!("| the same, 99th percentile | {} ms |", at(0.99));
    println!(
        "| the same, slowest | {} ms |",
        latencies[latencies.len() - 1].as_millis()
    );
    println!("| processor time of the ingestor at 10 events/s | {busy:.2} % of a core |");
    println!("| the same while nothing comes | {idle:.2} % of a core |");
    println!("| transactions | {:.0} |", batches.unwrap_or_default());
}

fn event(number: usize) -> Record {
    Record::new(
        0,
        format!(
            r#"{{"event_id":"{number:032x}","user_id":"u{number}","event_type":"play","region":"eu","ts":"2026-03-01T00:00:00Z"}}"#
        ),
    )
}

/// Sends the events, one after the other, and notes when.
fn produce(topic: &str, sent: &Mutex<Vec<Instant>>) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &stack().brokers)
        .set("linger.ms", "0")
        .create()
        .expect("a producer");
    let mut due = Instant::now();
    for number in 1..=EVENTS {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        due += BETWEEN_EVENTS;
        let payload = event(number).payload.unwrap_or_default();
        sent.lock().expect("the reader works").push(Instant::now());
        let record = BaseRecord::<[u8], [u8]>::to(topic).payload(&payload);
        producer
            .send(record)
            .map_err(|(error, _)| error)
            .expect("room for a record");
        producer.flush(WITHIN).expect("the broker to take a record");
    }
}

/// Per cent of a core since then.
fn share(used: Duration, began: Instant, process: u32) -> f64 {
    100.0 * (cpu_time(process) - used).as_secs_f64() / began.elapsed().as_secs_f64()
}

/// What all threads of a process have used.
fn cpu_time(process: u32) -> Duration {
    const TICKS_A_SECOND: u64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("the ingestor runs");
    // The name, in parentheses, may hold blanks; user and system time are the 14th and 15th field.
    let (_, fields) = stat.rsplit_once(") ").expect("as proc(5) has it");
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks: u64 = ticks
        .map(|field| field.parse::<u64>().unwrap_or_default())
        .sum();
    Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
}
