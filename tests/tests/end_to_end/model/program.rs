//! The operations of a program, and their random generation.

use proptest::prelude::*;

/// Number of days on which events happen.
pub(super) const DAYS: u8 = 5;

/// The time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// Seconds after the start of a day.
    Day { day: u8, second: u32 },
    /// Ahead of the clock, but accepted.
    Ahead,
    /// Too far ahead.
    Future,
    /// Older than the retention.
    Ancient,
    /// Not a time.
    Broken,
}

/// A row of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: u8,
    pub(super) user: u8,
    pub(super) event_type: u8,
    pub(super) region: u8,
    pub(super) time: Time,
}

/// The types of events; the last one is unknown at first.
pub(super) const EVENT_TYPES: [&str; 4] = ["play", "pause", "stop", "rewind"];
pub(super) const REGIONS: [&str; 2] = ["eu", "us"];
pub(super) const SOURCES: [&str; 2] = ["kafka:a/t", "kafka:b/t"];

/// A direct change of a metric by a superuser, which a rebuild must repair.
#[derive(Debug, Clone, Copy)]
pub(super) enum Damage {
    Day,
    Minute,
    Hour,
    MissingDay,
    SurplusDay,
    SurplusMinute,
    SurplusDelta,
    Listening,
}

#[derive(Debug, Clone)]
pub(super) enum Operation {
    /// A batch of a source.
    Load {
        source: usize,
        rows: Vec<Row>,
    },
    /// The last batch of a source again, at the same positions.
    Replay {
        source: usize,
    },
    /// The topic is recreated: positions begin at 0, with other event ids.
    Recreate {
        source: usize,
    },
    /// Rows for the inbox.
    Inbox {
        rows: Vec<Row>,
    },
    RollUp,
    /// Counts listening, including pending deltas.
    CountListening,
    Delete {
        ids: Vec<u8>,
    },
    Forget {
        user: u8,
    },
    /// Expires the days before this one.
    Expire {
        day: u8,
    },
    Rebuild,
    Spoil(Damage),
    Reconcile,
    /// Retries rejects of one reason, or of all but conflicts.
    Retry {
        reason: Option<&'static str>,
    },
    /// Adds or removes the last event type.
    AcceptLastType(bool),
}

pub(super) fn program() -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec(operation(), 1..16)
}

fn operation() -> impl Strategy<Value = Operation> {
    // Mostly one source, because the watermark follows the slowest, and few days would become final.
    let source = prop::sample::select(vec![0, 0, 0, 0, 0, 1]);
    prop_oneof![
        9 => (source.clone(), rows()).prop_map(|(source, rows)| Operation::Load { source, rows }),
        2 => rows().prop_map(|rows| Operation::Inbox { rows }),
        5 => Just(Operation::RollUp),
        5 => Just(Operation::CountListening),
        1 => source.clone().prop_map(|source| Operation::Replay { source }),
        1 => source.prop_map(|source| Operation::Recreate { source }),
        3 => prop::collection::vec(0..9u8, 0..4).prop_map(|ids| Operation::Delete { ids }),
        1 => (0..3u8).prop_map(|user| Operation::Forget { user }),
        1 => (1..DAYS).prop_map(|day| Operation::Expire { day }),
        1 => Just(Operation::Rebuild),
        1 => prop_oneof![
            Just(Damage::Day),
            Just(Damage::Minute),
            Just(Damage::Hour),
            Just(Damage::MissingDay),
            Just(Damage::SurplusDay),
            Just(Damage::SurplusMinute),
            Just(Damage::SurplusDelta),
            Just(Damage::Listening),
        ].prop_map(Operation::Spoil),
        1 => Just(Operation::Reconcile),
        2 => prop_oneof![
            Just(None),
            Just(Some("unknown_event_type")),
            Just(Some("conflicting_duplicate")),
        ].prop_map(|reason| Operation::Retry { reason }),
        1 => any::<bool>().prop_map(Operation::AcceptLastType),
    ]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 1..8)
}

fn row() -> impl Strategy<Value = Row> {
    // Many equal values, so that groups have several events.
    let event_type = prop::sample::select(vec![0, 0, 0, 0, 0, 0, 1, 2, 3, 3]);
    let region = prop::sample::select(vec![0, 0, 0, 1]);
    (0..8u8, 0..3u8, event_type, region, time()).prop_map(|(id, user, event_type, region, time)| {
        Row {
            id,
            user,
            event_type,
            region,
            time,
        }
    })
}

fn time() -> impl Strategy<Value = Time> {
    // Both ends of a day, both limits of the deduplication window, and many values in one minute. The differences include the
    // limits of listening: 30 s (a stream), 900 s (the longest play), 1800 and 1801 s (the session gap).
    let seconds = vec![
        0, 1800, 3599, 3600, 43_200, 43_200, 43_200, 43_230, 43_230, 43_230, 44_100, 45_000,
        45_031, 82_799, 82_800, 85_499, 86_399,
    ];
    let days = vec![0, 0, 0, 1, 1, 2, 3, 4];
    prop_oneof![
        20 => (prop::sample::select(days), prop::sample::select(seconds))
            .prop_map(|(day, second)| Time::Day { day, second }),
        1 => Just(Time::Ahead),
        1 => Just(Time::Future),
        1 => Just(Time::Ancient),
        1 => Just(Time::Broken),
    ]
}
