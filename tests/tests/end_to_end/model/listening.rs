//! Listening in the model: recounted over all events in each comparison.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::{Event, Time};
use super::program::{EVENT_TYPES, REGIONS};

const QUARTER: Time = 900;
/// The defaults of the settings.
const MAX_LISTEN: Time = 900;
const STREAM_AFTER: Time = 30;
const SESSION_GAP: Time = 1800;

/// Plays, streams, skips, seconds, sessions by quarter and region.
pub(super) type Listening = BTreeMap<(Time, &'static str), [i64; 5]>;
/// Day, region, user.
pub(super) type ListenerDays = BTreeSet<(Time, &'static str, u8)>;

fn does_playback(event: &Event) -> bool {
    EVENT_TYPES[usize::from(event.event_type)] != "rewind"
}

fn is_start(event: &Event) -> bool {
    EVENT_TYPES[usize::from(event.event_type)] == "play"
}

/// The listening of these events in the quarters from `from` on.
pub(super) fn listening(events: &[Event], from: Time) -> Listening {
    let mut events: Vec<&Event> = events.iter().filter(|event| does_playback(event)).collect();
    events.sort_by_key(|event| (event.user, event.ts, is_start(event), event.id));
    let mut numbers = Listening::new();
    let mut add = |quarter: Time, event: &Event, column: usize, more: i64| {
        let quarter = quarter - quarter.rem_euclid(QUARTER);
        if quarter >= from {
            let region = REGIONS[usize::from(event.region)];
            numbers.entry((quarter, region)).or_default()[column] += more;
        }
    };
    for (index, event) in events.iter().enumerate() {
        let is_same_user = |other: &&&Event| other.user == event.user;
        let previous = index.checked_sub(1).map(|index| &events[index]);
        if previous
            .filter(is_same_user)
            .is_none_or(|previous| event.ts - previous.ts > SESSION_GAP)
        {
            add(event.ts, event, 4, 1);
        }
        if !is_start(event) {
            continue;
        }
        let next = events.get(index + 1).filter(is_same_user);
        let ended_by = next.filter(|next| next.ts - event.ts <= MAX_LISTEN);
        let end = ended_by.map_or(event.ts + MAX_LISTEN, |next| next.ts);
        add(event.ts, event, 0, 1);
        if end - event.ts >= STREAM_AFTER {
            add(event.ts, event, 1, 1);
        } else if ended_by.is_some() {
            add(event.ts, event, 2, 1);
        }
        for second in event.ts..end {
            add(second, event, 3, 1);
        }
    }
    numbers
}

/// The listeners of each day.
pub(super) fn listener_days(events: &[Event], from: Time) -> ListenerDays {
    events
        .iter()
        .filter(|event| does_playback(event) && event.ts >= from)
        .map(|event| {
            let day = event.ts - event.ts.rem_euclid(86_400);
            (day, REGIONS[usize::from(event.region)], event.user)
        })
        .collect()
}

pub(super) fn listening_lines(listening: &Listening) -> Vec<String> {
    listening
        .iter()
        .map(|((quarter, region), n)| {
            format!(
                "{quarter} {region} {} {} {} {} {}",
                n[0], n[1], n[2], n[3], n[4]
            )
        })
        .collect()
}

pub(super) fn listener_day_lines(days: &ListenerDays) -> Vec<String> {
    days.iter()
        .map(|(day, region, user)| format!("{day} {region} u{user}"))
        .collect()
}

/// The first day of each user.
pub(super) fn first_day_lines(days: &ListenerDays) -> Vec<String> {
    let mut first = BTreeMap::new();
    for &(day, _, user) in days.iter().rev() {
        first.insert(user, day);
    }
    first
        .iter()
        .map(|(user, day)| format!("u{user} {day}"))
        .collect()
}
