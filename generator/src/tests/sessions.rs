//! Whole sessions: the figures that they were generated with equal a count over their events.

use super::*;
use crate::session::{MAX_LISTEN, PlayLength, SESSION_GAP, STREAM_AFTER};
use crate::truth::{Figures, Truth};

fn sessions(options: &str) -> (Run, Truth) {
    let plan = plan(&format!("--sessions {options}"));
    let mut sessions = Sessions::new(&plan).expect("a span in the past");
    while sessions.next().expect("there are enough users").is_some() {}
    (run_of(&plan, Format::Ndjson), sessions.truth().clone())
}

/// The events of each user, each once, in the order in which they happened.
fn by_user(run: &Run) -> BTreeMap<u64, Vec<Draft>> {
    let mut users: BTreeMap<u64, BTreeMap<(i64, bool, u128), Draft>> = BTreeMap::new();
    for (draft, kind, ..) in &run.records {
        if *kind != Kind::Malformed {
            let place = (draft.ts, draft.event_type == 0, draft.event_id);
            users.entry(draft.user).or_default().insert(place, *draft);
        }
    }
    let sorted = users.into_iter();
    sorted
        .map(|(user, events)| (user, events.into_values().collect()))
        .collect()
}

/// Applies the rules event by event.
fn counted(run: &Run) -> Truth {
    let mut truth = Truth::default();
    for events in by_user(run).into_values() {
        let mut last = None;
        for (place, event) in events.iter().enumerate() {
            if last.is_none_or(|last| event.ts - last > SESSION_GAP) {
                truth.add_session(event.ts, event.region);
            }
            last = Some(event.ts);
            if event.event_type == 0 {
                let next = events.get(place + 1).map(|next| next.ts - event.ts);
                let play = match next.filter(|length| *length <= MAX_LISTEN) {
                    Some(length) => PlayLength {
                        length,
                        is_ended: true,
                    },
                    None => PlayLength::WITHOUT_END,
                };
                truth.add_play(event.ts, event.region, play);
            }
        }
    }
    truth
}

#[test]
fn the_same_seed_gives_the_same_sessions_on_every_machine() {
    let (run, _) = sessions(&format!("--count 20000 --seed 42 {MONTH} {SHARES}"));
    assert_eq!(run.hash(), "a97c6f79a33d7223");
}

#[test]
fn the_truth_does_not_depend_on_the_order_of_arrival() {
    let (_, in_order) = sessions(&format!("--count 9200 --users 300 {MONTH}"));
    let (run, in_disorder) = sessions(&format!("--count 10000 --users 300 {MONTH} {SHARES}"));
    let kinds = [
        Kind::Duplicate,
        Kind::Late,
        Kind::Malformed,
        Kind::OutOfOrder,
    ];
    assert_eq!(kinds.map(|kind| run.count(kind)), [300, 200, 500, 400]);
    assert_eq!(in_order, in_disorder);
}

#[test]
fn sessions_contain_every_case_of_the_rules() {
    let (run, truth) = sessions(&format!("--count 300000 --users 2000 {MONTH}"));
    let mut lengths = BTreeMap::new();
    let mut silences = BTreeMap::new();
    let (mut without_end, mut ends_of_nothing, mut two_at_once, mut travels) = (0, 0, 0, 0);
    for events in by_user(&run).into_values() {
        ends_of_nothing += u32::from(events[0].event_type != 0);
        for pair in events.windows(2) {
            let length = pair[1].ts - pair[0].ts;
            travels += u32::from(length < SESSION_GAP && pair[0].region != pair[1].region);
            if pair[0].event_type == 0 {
                *lengths.entry(length).or_insert(0) += 1;
                without_end += u32::from(length > MAX_LISTEN);
                two_at_once += u32::from(length == 0);
            } else {
                *silences.entry(length).or_insert(0) += 1;
                ends_of_nothing += u32::from(pair[1].event_type != 0);
            }
        }
    }
    for limit in [STREAM_AFTER, MAX_LISTEN] {
        for length in [limit - 1, limit] {
            assert!(lengths[&length] > 20, "plays of {length} µs: {lengths:?}");
        }
    }
    for silence in [SESSION_GAP, SESSION_GAP + 1] {
        assert!(silences[&silence] > 20, "silences of {silence} µs");
    }
    let found = [without_end, ends_of_nothing, two_at_once, travels];
    assert!(found.iter().all(|count| *count > 200), "{found:?}");

    let sum = |number: fn(&Figures) -> u64| -> f64 {
        truth
            .days()
            .map(|(_, figures)| number(&figures))
            .sum::<u64>() as f64
    };
    let plays = sum(|figures| figures.plays);
    let streams = sum(|figures| figures.streams) / plays;
    let skips = sum(|figures| figures.skips) / plays;
    assert!((0.6..0.75).contains(&streams) && streams + skips == 1.0);
    assert!(plays / sum(|figures| figures.sessions) > 3.0);
}

#[test]
fn events_lie_in_the_span_and_have_songs_only_if_requested() {
    let span = "--from 2026-01-01T22:11:00Z --until 2026-01-02T01:00:00Z";
    let (run, _) = sessions(&format!("--count 5000 --songs 0 {span}"));
    let [from, until] =
        ["2026-01-01T22:11:00Z", "2026-01-02T01:00:00Z"].map(|ts| field::ts(ts).expect("a time"));
    for (draft, _, _, bytes) in &run.records {
        assert!((from..until).contains(&draft.ts));
        let event = json::decode(bytes).expect("an event");
        assert_eq!(event.song_id, None);
    }
    let (run, _) = sessions(&format!("--count 100 {span}"));
    for (_, _, _, bytes) in &run.records {
        assert!(json::decode(bytes).expect("an event").song_id.is_some());
    }
}

#[test]
fn sessions_without_a_free_user_are_refused() {
    let span = "--users 4 --from 2026-01-01 --until 2026-01-02";
    let plan = plan(&format!("--sessions --count 100000 {span}"));
    let mut sessions = Sessions::new(&plan).expect("a span in the past");
    let error = loop {
        match sessions.next() {
            Ok(record) => assert!(
                record.is_some(),
                "four users cannot have that many events in a day"
            ),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("--users"), "{error}");
}

#[test]
fn the_truth_is_written_as_csv() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("truth.csv");
    let mut truth = Truth::default();
    let midnight = field::ts("2026-01-02T00:00:00Z").expect("a time");
    truth.add_session(midnight - 1, 1);
    truth.add_play(midnight - 1, 1, PlayLength::WITHOUT_END);
    let skip = PlayLength {
        length: STREAM_AFTER - 1,
        is_ended: true,
    };
    truth.add_play(midnight, 0, skip);
    let names = ["eu".to_owned(), csv_quoted("a\"b")];
    truth.write(&path, &names).expect("can be written");
    assert_eq!(
        std::fs::read_to_string(&path).expect("can be read"),
        "day,region,plays,streams,skips,listening_seconds,sessions\n\
         2026-01-01,\"a\"\"b\",1,1,0,0.000001,1\n\
         2026-01-02,eu,1,0,1,29.999999,0\n\
         2026-01-02,\"a\"\"b\",0,0,0,899.999999,0\n"
    );
}

proptest! {
    #[test]
    fn the_truth_equals_a_count_over_the_events(
        count in 0_u64..3_000,
        users in 60_u32..400,
        hours in 24_i64..2_000,
        seed: u64,
    ) {
        let from = field::ts("2025-03-29T17:12:34Z").expect("a time");
        let mut until = Vec::new();
        text::Timestamps::default().push(&mut until, from + hours * 3_600_000_000);
        let until = String::from_utf8(until).expect("text");
        let (run, truth) = sessions(&format!(
            "--count {count} --users {users} --seed {seed} --from 2025-03-29T17:12:34Z --until {until} {SHARES}"
        ));
        prop_assert_eq!(run.records.len() as u64, count);
        prop_assert_eq!(counted(&run), truth);
    }
}
