//! Events and rows as text: statements, and lines for comparisons.

use std::fmt::Write as _;

use super::memory::{Counts, Event, INBOX, Input, RECONCILED, Rejected, Staged};
use super::program::{EVENT_TYPES, REGIONS, SOURCES};

pub(super) fn uuid(id: u16) -> String {
    format!("00000000-0000-0000-0000-{id:012x}")
}

/// Id, user, type and region as SQL literals.
fn fields(event: &Event) -> String {
    format!(
        "'{}', 'u{}', '{}', '{}'",
        uuid(event.id),
        event.user,
        EVENT_TYPES[usize::from(event.event_type)],
        REGIONS[usize::from(event.region)]
    )
}

pub(super) fn staging_sql(batch: &[Staged]) -> String {
    let mut sql = "insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts, payload, reason) values ".to_owned();
    for (index, staged) in batch.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let (at, place) = (staged.partition, staged.position);
        let _ = match staged.input {
            Input::Event(event) => write!(
                sql,
                "{separator}({at}, {place}, {}, to_timestamp({}), null, null)",
                fields(&event),
                event.ts
            ),
            Input::Broken(event) => write!(
                sql,
                "{separator}({at}, {place}, null, null, null, null, null, convert_to('{}', 'utf8'), 'malformed_json')",
                broken_bytes(&event)
            ),
        };
    }
    sql
}

pub(super) fn inbox_sql(inputs: &[Input]) -> String {
    let rows: Vec<String> = inputs
        .iter()
        .map(|input| match input {
            Input::Event(event) => format!(
                "({}, to_char(to_timestamp({}) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS'))",
                fields(event),
                event.ts
            ),
            Input::Broken(event) => format!("({}, 'no time')", fields(event)),
        })
        .collect();
    format!(
        "insert into staging_events (event_id, user_id, event_type, region, ts) values {}",
        rows.join(", ")
    )
}

fn broken_bytes(event: &Event) -> String {
    format!("{{oops {}", event_line(event))
}

pub(super) fn event_line(event: &Event) -> String {
    format!("{} {}", names(event), event.ts)
}

fn names(event: &Event) -> String {
    format!(
        "{:04x} u{} {} {}",
        event.id,
        event.user,
        EVENT_TYPES[usize::from(event.event_type)],
        REGIONS[usize::from(event.region)]
    )
}

pub(super) fn rejected_line(rejected: &Rejected) -> String {
    let source = match rejected.source {
        INBOX => "staging_events",
        RECONCILED => "raw_events",
        source => SOURCES[source],
    };
    let what = match rejected.input {
        Input::Event(event) => event_line(&event),
        Input::Broken(event) if rejected.source == INBOX => format!("{} no time", names(&event)),
        Input::Broken(event) => broken_bytes(&event),
    };
    format!(
        "{source} {} {} {} {what}",
        rejected.partition, rejected.position, rejected.reason
    )
}

pub(super) fn count_lines(counts: &Counts) -> Vec<String> {
    counts
        .iter()
        .map(|((bucket, event_type, region), (events, late))| {
            format!("{bucket} {event_type} {region} {events} {late}")
        })
        .collect()
}
