//! What is stored of a batch's events already, and whether it is the same.

use std::collections::BTreeMap;

use foldhash::HashSet;
use musicstream_event::{Reason, Rejection};
use pgrx::datum::Uuid;
use pgrx::spi::SpiClient;

use super::events::{Events, Fields, Index};
use super::survey::Refused;
use crate::bounds::timestamp;
use crate::error::Error;
use crate::rows::{Row, for_each_row};
use crate::time::{DAY, day_start};

/// An event_id that is stored with other fields: the first arrival wins, this one is kept as a reject.
pub(super) fn conflict(differing: &str) -> Rejection {
    Rejection::new(
        Reason::ConflictingDuplicate,
        format!("event_id is stored with another {differing}"),
    )
}

/// Events by the starts of the days into which they are looked up: a statement for each day, so that only the partitions of
/// these days are opened, each with the ids of its own day.
pub(super) type ByDay = BTreeMap<i64, Vec<Index>>;

/// Each event with its own day.
pub(super) fn by_own_day(events: &Events, indices: impl IntoIterator<Item = Index>) -> ByDay {
    let mut by_day = ByDay::new();
    for index in indices {
        let day = day_start(events.ts(index));
        by_day.entry(day).or_default().push(index);
    }
    by_day
}

/// Calls `found` for each of these events whose event_id is stored on its day, with what is stored.
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
                    // An event_id may come several times.
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

/// Reads a row of `look_up.sql`.
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

/// Looks events up on their days, and refuses those that differ from what is stored. Returns those whose event_id is stored.
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

/// The same for events of which all are known to be stored: one that is not on its day has another time.
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

/// Looks events near midnight up in the days beyond it, and refuses those that are stored there.
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
