//! Whole runs of the generator, without a broker.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use clap::Parser;
use musicstream_event::{Event, field, json};
use proptest::prelude::*;

use super::*;
use crate::random::{HeavyTail, Random};
use crate::schedule::MICROS_PER_DAY;

mod listening;
mod sessions;

const SHARES: &str = "--duplicates 3 --late 2 --malformed 5 --out-of-order 4";
const MONTH: &str = "--from 2026-01-01 --until 2026-02-01";

struct Run {
    records: Vec<(Draft, Kind, Option<Fault>, Vec<u8>)>,
}

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    options: Options,
}

fn parsed(options: &str) -> Result<Options, clap::Error> {
    let words = ["generate"].into_iter().chain(options.split_whitespace());
    Ok(Flags::try_parse_from(words)?.options)
}

fn plan(options: &str) -> Plan {
    parsed(options)
        .expect("the options parse")
        .plan(0)
        .expect("the options fit")
}

fn run(format: Format, options: &str) -> Run {
    run_of(&plan(options), format)
}

fn run_of(plan: &Plan, format: Format) -> Run {
    let mut generator = Generator::new(plan, format, 0).expect("the plan is possible");
    let mut records = Vec::new();
    let mut bytes = Vec::new();
    while let Some(record) = generator
        .next(&mut bytes, || panic!("a span needs no clock"))
        .expect("there are enough users")
    {
        let Record { draft, kind, fault } = record;
        records.push((draft, kind, fault, std::mem::take(&mut bytes)));
    }
    Run { records }
}

impl Run {
    fn hash(&self) -> String {
        let mut hash = blake3::Hasher::new();
        for (_, _, _, bytes) in &self.records {
            hash.update(bytes).update(b"\n");
        }
        hash.finalize().to_hex()[..16].to_owned()
    }

    fn count(&self, kind: Kind) -> usize {
        self.records
            .iter()
            .filter(|(_, other, _, _)| *other == kind)
            .count()
    }

    fn drafts(&self) -> impl Iterator<Item = &Draft> {
        self.records.iter().map(|(draft, ..)| draft)
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_every_machine() {
    let options = format!("--count 20000 --seed 42 {MONTH} {SHARES}");
    assert_eq!(run(Format::Ndjson, &options).hash(), "7f9fb6f42fa5c1dd");
    assert_eq!(run(Format::Csv, &options).hash(), "09e9be88aeb5ed0c");
    let other = options.replace("--seed 42", "--seed 43");
    assert_ne!(
        run(Format::Csv, &other).hash(),
        run(Format::Csv, &options).hash()
    );
}

#[test]
fn each_kind_has_the_requested_number_of_records() {
    for count in [1, 7, 1_000, 12_345] {
        let run = run(Format::Ndjson, &format!("--count {count} {MONTH} {SHARES}"));
        let share = |percent: usize| (count * percent + 50) / 100;
        assert_eq!(run.records.len(), count);
        if count >= 1_000 {
            assert_eq!(run.count(Kind::Duplicate), share(3));
            assert_eq!(run.count(Kind::Late), share(2));
            assert_eq!(run.count(Kind::Malformed), share(5));
            assert_eq!(run.count(Kind::OutOfOrder), share(4));
        }
    }
    let all = run(
        Format::Ndjson,
        &format!("--count 100 {MONTH} --duplicates 100"),
    );
    assert_eq!(
        (all.count(Kind::Duplicate), all.count(Kind::Regular)),
        (99, 1),
        "the first record has no predecessor to repeat"
    );
}

#[test]
fn event_types_have_the_requested_weights() {
    for weights in [
        "play=60,pause=25,stop=15",
        "play=1,stop=9",
        "stop=1",
        "pause=5,skip=5",
    ] {
        let run = run(
            Format::Ndjson,
            &format!("--count 100000 --weights {weights} {MONTH} {SHARES}"),
        );
        let names: Vec<(&str, f64)> = weights
            .split(',')
            .map(|item| item.split_once('=').expect("a weight"))
            .map(|(name, weight)| (name, weight.parse().expect("a number")))
            .collect();
        let total: f64 = names.iter().map(|(_, weight)| weight).sum();
        for (place, (name, weight)) in names.iter().enumerate() {
            let count = run
                .drafts()
                .filter(|draft| usize::from(draft.event_type) == place)
                .count();
            let share = count as f64 / run.records.len() as f64;
            assert!(
                (share - weight / total).abs() < 0.006,
                "{name} of {weights}: {share}"
            );
        }
    }
}

#[test]
fn good_records_decode_to_their_draft_and_malformed_ones_do_not() {
    let run = run(Format::Ndjson, &format!("--count 20000 {MONTH} {SHARES}"));
    let plan = plan("--count 1");
    let mut faults = BTreeMap::new();
    for (draft, _, fault, bytes) in &run.records {
        let decoded = json::decode(bytes);
        match fault {
            None => assert_eq!(decoded, Ok(expected(&plan, draft))),
            Some(Fault::UnknownEventType) => {
                let event = decoded.expect("only the database knows the event types");
                assert!(
                    !plan
                        .event_types
                        .iter()
                        .any(|(name, _)| *name == event.event_type)
                );
            }
            Some(_) => assert!(decoded.is_err(), "{}", String::from_utf8_lossy(bytes)),
        }
        if let Some(fault) = fault {
            *faults.entry(fault.name()).or_insert(0) += 1;
        }
    }
    assert_eq!(faults.len(), 8);
    assert!(faults.values().all(|count| *count > 80), "{faults:?}");
}

fn expected<'a>(plan: &'a Plan, draft: &Draft) -> Event<'a> {
    Event {
        event_id: draft.event_id.to_be_bytes(),
        user_id: draft.user.to_string().into(),
        event_type: plan.event_types[usize::from(draft.event_type)]
            .0
            .as_str()
            .into(),
        region: plan.regions[usize::from(draft.region)].name.as_str().into(),
        ts: draft.ts,
        song_id: draft.song.map(|song| song.to_string().into()),
        device: draft
            .device
            .map(|device| population::DEVICES[usize::from(device)].0.into()),
    }
}

#[test]
fn an_incomplete_file_is_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut output = Output::to_file(&folder.path().join("a.ndjson")).expect("can be written");
    output.put(b"{}").expect("can be written");
    drop(output);
    assert_eq!(
        std::fs::read_dir(folder.path())
            .expect("can be listed")
            .count(),
        0
    );
    assert!(Output::to_file(Path::new("/nowhere/at/all.csv")).is_err());
}

#[test]
fn duplicates_are_byte_copies_of_earlier_records() {
    let run = run(Format::Ndjson, &format!("--count 50000 {MONTH} {SHARES}"));
    let mut seen = HashSet::new();
    for (draft, kind, _, bytes) in &run.records {
        if *kind == Kind::Duplicate {
            assert!(seen.contains(bytes));
        } else if *kind != Kind::Malformed {
            assert!(seen.insert(bytes.clone()));
        }
        assert_eq!(draft.event_id >> 76 & 15, 4);
        assert_eq!(draft.event_id >> 62 & 3, 2);
    }
}

#[test]
fn times_ascend_unless_disorder_is_requested() {
    for (options, from, until) in [
        (MONTH, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        (
            "--from 2026-01-01T22:11:00Z --until 2026-01-02T01:00:00Z",
            "2025-12-29T00:00:00Z",
            "2026-01-02T01:00:00Z",
        ),
    ] {
        let (from, until) = (
            field::ts(from).expect("a time"),
            field::ts(until).expect("a time"),
        );
        let run = run(Format::Ndjson, &format!("--count 30000 {options} {SHARES}"));
        let mut latest = i64::MIN;
        let mut late = 0;
        for (draft, kind, ..) in &run.records {
            assert!((from..until).contains(&draft.ts));
            match kind {
                Kind::Regular | Kind::Malformed => assert!(draft.ts >= latest),
                Kind::Late => {
                    late += 1;
                    assert!(day(draft.ts) <= day(latest));
                }
                Kind::OutOfOrder => assert!(draft.ts < latest && latest - draft.ts < 302_000_000),
                Kind::Duplicate => {}
            }
            if *kind != Kind::Duplicate && *kind != Kind::Late {
                latest = latest.max(draft.ts);
            }
        }
        assert_eq!(late, 600);
    }
}

fn day(ts: i64) -> i64 {
    ts.div_euclid(MICROS_PER_DAY)
}

#[test]
fn a_live_span_uses_the_clock_and_has_no_end() {
    let plan = plan("--live --rate 100 --malformed 10");
    let mut model = WeightedEvents::new(&plan, 1_000_000_000_000_000);
    for tick in 0..5_000 {
        let now = 1_000_000_000_000_000 + tick * 10_000;
        let (draft, _) = model.next(|| now).expect("no end");
        assert_eq!(draft.ts, now);
    }
}

/// The first records of a live span that begins at a fixed instant.
fn live(options: &str, count: usize) -> Vec<Draft> {
    let plan = plan(&format!("--live --rate 100 {options}"));
    let mut model = WeightedEvents::new(&plan, 1_000_000_000_000_000);
    (0..count as i64)
        .map(|tick| {
            let now = 1_000_000_000_000_000 + tick * 10_000;
            model.next(|| now).expect("no end").0
        })
        .collect()
}

#[test]
fn a_live_span_has_events_of_every_region() {
    let mut counts = [0_u32; 4];
    for draft in live("--seed 1", 5_000) {
        counts[usize::from(draft.region)] += 1;
    }
    assert!(counts.iter().all(|count| *count > 100), "{counts:?}");
}

#[test]
fn a_live_span_that_starts_again_makes_other_events_unless_its_seed_is_given() {
    let ids = |options| -> HashSet<u128> {
        live(options, 1_000)
            .iter()
            .map(|draft| draft.event_id)
            .collect()
    };
    assert!(ids("").is_disjoint(&ids("")), "event ids repeat");
    assert_eq!(ids("--seed 7"), ids("--seed 7"));
    let span = "--count 10";
    assert_eq!(
        plan(span).seed,
        plan(span).seed,
        "a span in the past stays reproducible"
    );
}

#[test]
fn invalid_options_are_refused() {
    for options in [
        "--count x",
        "--count 1 --duplicates 101",
        "--count 1 --duplicates 1.23456",
        "--count 1 --weights play=0",
        "--count 1 --weights play=1,play=2",
        "--count 1 --regions us,,eu",
        "--count 1 --from tomorrow",
        "--count 1 --rate 0",
        "--live --rate 1 --from 2026-01-01",
        "--live --rate 1 --sessions",
        "--count 1 --sessions --weights play=1",
    ] {
        assert!(parsed(options).is_err(), "{options}");
    }
    for options in [
        "",
        "--live",
        "--count 1 --duplicates 60 --late 60",
        "--count 1 --from 2026-01-02 --until 2026-01-02",
        "--count 1 --from 1826-01-02 --until 2026-01-02",
    ] {
        assert!(
            parsed(options).expect("parses").plan(0).is_err(),
            "{options}"
        );
    }
}

#[test]
fn counts_add_up() {
    let run = run(Format::Csv, &format!("--count 2000 {MONTH} {SHARES}"));
    let mut counts = Counts::default();
    for (draft, kind, fault, _) in run.records {
        counts.add(&Record { draft, kind, fault });
    }
    assert_eq!((counts.records(), counts.distinct()), (2_000, 1_840));
    assert_eq!((counts.late, counts.out_of_order), (40, 80));
    assert_eq!((counts.duplicates, counts.malformed()), (60, 100));
    assert_eq!(counts.faults().map(|(_, count)| count).sum::<u64>(), 100);
}

#[test]
fn a_heavy_tail_is_proportional_to_one_over_rank() {
    let (mut random, tail) = (Random::new(3), HeavyTail::new(1_000, 5));
    let mut counts = vec![0_u32; 1_000];
    for _ in 0..1_000_000 {
        counts[tail.draw(&mut random) as usize] += 1;
    }
    let norm: f64 = (5..1_005).map(|number| 1.0 / f64::from(number)).sum();
    for rank in [0, 1, 5, 20, 100] {
        let expected = 1_000_000.0 / f64::from(5 + rank) / norm;
        let got = f64::from(counts[rank as usize]);
        assert!(
            (got / expected - 1.0).abs() < 0.1,
            "rank {rank}: {got} where {expected} are expected"
        );
    }
    assert!(counts[990..].iter().sum::<u32>() > 0);
}

proptest! {
    #[test]
    fn times_survive_a_round_trip(ts in -60_000_000_000_000_000_i64..250_000_000_000_000_000) {
        let mut text = Vec::new();
        text::Timestamps::default().push(&mut text, ts);
        prop_assert_eq!(field::ts(std::str::from_utf8(&text).expect("text")), Ok(ts));
    }

    #[test]
    fn ids_survive_a_round_trip(id: u128) {
        let mut text = Vec::new();
        text::push_uuid(&mut text, id);
        prop_assert_eq!(field::event_id(std::str::from_utf8(&text).expect("text")), Ok(id.to_be_bytes()));
    }

    #[test]
    fn any_count_of_records_is_generated(count in 0_u64..3_000, days in 1_i64..400, seed: u64) {
        let options = format!("--count {count} --seed {seed} --from 2025-01-01 --until {} {SHARES}", until(days));
        prop_assert_eq!(run(Format::Csv, &options).records.len() as u64, count);
    }
}

fn until(days: i64) -> String {
    let mut text = Vec::new();
    let from = field::ts("2025-01-01T00:00:00Z").expect("a time");
    text::Timestamps::default().push(&mut text, from + days * MICROS_PER_DAY);
    String::from_utf8(text).expect("text")
}
