//! Looks up which events of a batch are already stored, and rejects those that differ from the stored event.

use std::collections::BTreeMap;

use foldhash::HashSet;
use musicstream_event::{Reason, Rejection};
use pgrx::datum::Uuid;
use pgrx::spi::SpiClient;

use super::events::{Events, Fields, Index};
use super::refused::Refused;
use crate::error::Error;
use crate::pg_time::timestamp;
use crate::rows::{Row, for_each_row};
use crate::time::{DAY, day_start};

/// The rejection of an event whose event_id is stored with other fields. The event that was stored first stays.
pub(super) fn conflict(differing: &str) -> Rejection {
    Rejection::new(
        Reason::ConflictingDuplicate,
        format!("event_id is stored with another {differing}"),
    )
}

/// Events to look up, by the start of the day whose partition is searched. Each day has a statement of its own, so that only the
/// partitions of these days are opened, each for the ids of its day.
pub(super) type ByDay = BTreeMap<i64, Vec<Index>>;

/// Groups events by their own day.
pub(super) fn by_own_day(events: &Events, indices: impl IntoIterator<Item = Index>) -> ByDay {
    let mut by_day = ByDay::new();
    for index in indices {
        let day = day_start(events.ts(index));
        by_day.entry(day).or_default().push(index);
    }
    by_day
}

/// Calls `found` with each of these events whose event_id is stored on the given day, and the stored event.
pub(super) fn look_up(
    client: &mut SpiClient<'_>,
    events: &Events,
    by_day: &ByDay,
    mut found: impl FnMut(Index, &Fields<'_>),
) -> Result<(), Error> {
    for (&day, indices) in by_day {
        let mut by_id = indices.clone();
        by_id.sort_unstable_by_key(|&index| events.id(index));
        let ids: Vec<Uuid> = by_id
            .iter()
            .map(|&index| Uuid::from_bytes(events.id(index)))
            .collect();
        for_each_row(
            client,
            include_str!("../../sql/statement/look_up.sql"),
            &[
                ids.into(),
                timestamp(day).into(),
                timestamp(day + DAY).into(),
            ],
            |row| {
                with_fields(&row, |stored| {
                    // Several events of the batch can have this event_id.
                    let first = by_id.partition_point(|&index| events.id(index) < stored.id);
                    let same = by_id[first..]
                        .iter()
                        .take_while(|&&index| events.id(index) == stored.id);
                    for &index in same {
                        found(index, stored);
                    }
                })
            },
        )?;
    }
    Ok(())
}

/// Passes the fields of a row of `look_up.sql` to `read`.
fn with_fields(row: &Row<'_>, read: impl FnOnce(&Fields<'_>)) {
    let text = |column| row.bytes(column).unwrap_or_default();
    let (user_id, event_type, region) = (text(3), text(4), text(5));
    let (song_id, device) = (text(6), text(7));
    read(&Fields {
        id: row.uuid(1),
        ts: row.timestamp(2),
        user_id: &user_id,
        event_type: &event_type,
        region: &region,
        song_id: &song_id,
        device: &device,
    });
}

/// Looks up events on their own days and rejects those that differ from the stored event. Returns the events whose event_id is
/// stored.
pub(super) fn refuse_conflicts(
    client: &mut SpiClient<'_>,
    events: &Events,
    indices: impl IntoIterator<Item = Index>,
    refused: &mut Refused,
) -> Result<HashSet<Index>, Error> {
    let mut known = HashSet::default();
    look_up(
        client,
        events,
        &by_own_day(events, indices),
        |index, stored| {
            known.insert(index);
            let differing = events.fields(index).differing(stored);
            if !differing.is_empty() {
                refused.push(events.place(index), Some(conflict(&differing)));
            }
        },
    )?;
    Ok(known)
}

/// Like [`refuse_conflicts`], for events that are all known to be stored. An event that is not found on its day is stored with another
/// ts.
pub(super) fn refuse_conflicts_of_stored(
    client: &mut SpiClient<'_>,
    events: &Events,
    indices: &[Index],
    refused: &mut Refused,
) -> Result<(), Error> {
    let known = refuse_conflicts(client, events, indices.iter().copied(), refused)?;
    for index in indices.iter().filter(|index| !known.contains(index)) {
        refused.push(events.place(*index), Some(conflict("ts")));
    }
    Ok(())
}

/// Looks up events near midnight in the adjacent days and rejects those that are stored there. Returns the rejected events.
pub(super) fn refuse_across_midnight(
    client: &mut SpiClient<'_>,
    events: &Events,
    beyond_midnight: &ByDay,
    refused: &mut Refused,
) -> Result<HashSet<Index>, Error> {
    let mut conflicting = HashSet::default();
    look_up(client, events, beyond_midnight, |index, _| {
        if conflicting.insert(index) {
            refused.push(events.place(index), Some(conflict("ts")));
        }
    })?;
    Ok(conflicting)
}
