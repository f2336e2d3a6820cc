//! Inserts the new events of a batch into `raw_events`.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use foldhash::HashSet;
use pgrx::datum::{TimestampWithTimeZone, Uuid};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use super::Batch;
use super::compare::{conflict, refuse_conflicts, refuse_conflicts_of_stored};
use super::encode::{COLUMNS, Encoder};
use super::events::{Events, Index, Ordered};
use super::recent::Recent;
use super::refused::Refused;
use super::target::{Target, WritePath};
use crate::copy_from::copy_from;
use crate::encoding::ServerEncoding;
use crate::error::Error;
use crate::optimism::Optimism;
use crate::pg_time::timestamp;
use crate::subtransaction;
use crate::time::day_start;

/// Pause after a deadlock; the next ones are twice as long each.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// Number of times that an INSERT is repeated after a deadlock.
const MAX_REPETITIONS: u32 = 4;

thread_local! {
    // State of the session: a backend has one thread.
    static OPTIMISM: Cell<Optimism> = const { Cell::new(Optimism::new()) };
    static RECENT: RefCell<Recent> = RefCell::default();
}

impl Batch<'_> {
    /// Inserts the events that are not stored yet and rejects those that differ from the stored event. Returns the inserted events.
    pub(super) fn insert(
        &self,
        client: &mut SpiClient<'_>,
        target: &Target,
        events: &Events,
        ordered: &Ordered,
        refused: &mut Refused,
    ) -> Result<Vec<Index>, Error> {
        let firsts = &ordered.firsts;
        let inserted = match target.path {
            WritePath::Copy => self.copy_new(client, target.table, events, firsts, refused)?,
            // No session uses COPY for such a table, so there is no deadlock with one after which to repeat.
            WritePath::Insert => insert_unless_stored(client, events, firsts.to_vec(), 0, refused)?,
        };
        refuse_repeats(client, events, ordered, &inserted, refused)?;
        Ok(inserted)
    }

    /// Inserts the events that are not stored yet by COPY, or, if another session is storing the same events, by INSERT … ON CONFLICT
    /// DO NOTHING. Returns the inserted events.
    ///
    /// In an optimistic attempt only events that this session stored recently are looked up first. If the COPY then finds a stored
    /// event, or ends in a deadlock, it is rolled back, the other events are looked up, and the COPY is repeated.
    fn copy_new(
        &self,
        client: &mut SpiClient<'_>,
        table: pg_sys::Oid,
        events: &Events,
        firsts: &[Index],
        refused: &mut Refused,
    ) -> Result<Vec<Index>, Error> {
        let mut optimism = OPTIMISM.get();
        let is_attempt = self.may_be_optimistic && optimism.attempts();
        OPTIMISM.set(optimism);
        // Events to look up first; without an optimistic attempt all of them.
        let (suspects, others): (Vec<Index>, Vec<Index>) = RECENT.with_borrow(|recent| {
            firsts
                .iter()
                .partition(|&&index| !is_attempt || recent.contains(events.id(index)))
        });
        let mut known = refuse_conflicts(client, events, suspects, refused)?;
        let mut inserted = copy_unless_known(client, table, events, firsts, &known)?;
        if is_attempt {
            match inserted {
                Some(_) => optimism.succeeded(),
                None => optimism.failed(),
            }
            OPTIMISM.set(optimism);
            if inserted.is_none() {
                known.extend(refuse_conflicts(client, events, others, refused)?);
                inserted = copy_unless_known(client, table, events, firsts, &known)?;
            }
        }
        let inserted = match inserted {
            Some(inserted) => inserted,
            None => insert_unless_stored(
                client,
                events,
                without(firsts, &known),
                MAX_REPETITIONS,
                refused,
            )?,
        };
        RECENT.with_borrow_mut(|recent| {
            for &index in firsts {
                recent.insert(events.id(index));
            }
        });
        Ok(inserted)
    }
}

/// Rejects events that share the event_id with an earlier event of the batch and differ from it. If that event was inserted on the same
/// day it is compared directly, otherwise the stored event is looked up.
fn refuse_repeats(
    client: &mut SpiClient<'_>,
    events: &Events,
    ordered: &Ordered,
    inserted: &[Index],
    refused: &mut Refused,
) -> Result<(), Error> {
    if ordered.repeats.is_empty() {
        return Ok(());
    }
    let inserted: HashSet<Index> = inserted.iter().copied().collect();
    let mut stored_elsewhere = Vec::new();
    for &(repeat, first) in &ordered.repeats {
        let is_in_batch = inserted.contains(&first)
            && day_start(events.ts(repeat)) == day_start(events.ts(first));
        if !is_in_batch {
            stored_elsewhere.push(repeat);
            continue;
        }
        let differing = events.fields(repeat).differing(&events.fields(first));
        if !differing.is_empty() {
            refused.push(events.place(repeat), Some(conflict(&differing)));
        }
    }
    refuse_conflicts_of_stored(client, events, &stored_elsewhere, refused)
}

fn without(firsts: &[Index], known: &HashSet<Index>) -> Vec<Index> {
    let is_new = |index: &&Index| !known.contains(index);
    firsts.iter().filter(is_new).copied().collect()
}

/// Inserts all events except the known ones by COPY. `None` if one of them is already stored, or if the COPY and another session
/// waited for one another; then nothing was inserted, and the other session can continue.
fn copy_unless_known(
    client: &mut SpiClient<'_>,
    table: pg_sys::Oid,
    events: &Events,
    firsts: &[Index],
    known: &HashSet<Index>,
) -> Result<Option<Vec<Index>>, Error> {
    let new = without(firsts, known);
    if new.is_empty() {
        return Ok(Some(new));
    }
    let expected = [
        PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION,
        // COPY writes up to 1000 rows partition by partition, in the order in which the partitions first occur. So two sessions can
        // insert the same events of several days in opposite order.
        PgSqlErrorCode::ERRCODE_T_R_DEADLOCK_DETECTED,
    ];
    let copied = subtransaction::unless_raised(client, &expected, |client| {
        let mut encoder = Encoder::new(events, &new);
        copy_from(client, table, &COLUMNS, |buffer| encoder.read(buffer));
        Ok(())
    })?;
    Ok(match copied {
        Ok(()) => Some(new),
        Err(code) => {
            if code == PgSqlErrorCode::ERRCODE_T_R_DEADLOCK_DETECTED {
                pause_after_deadlock(FIRST_PAUSE);
            }
            None
        }
    })
}

/// Lets the other session of a deadlock insert its rows. Without a pause this session could insert them again before the other
/// one is awake, and the deadlock would repeat itself.
fn pause_after_deadlock(length: Duration) {
    std::thread::sleep(length);
    pgrx::check_for_interrupts!();
}

/// Inserts the events that are not stored by INSERT … ON CONFLICT DO NOTHING, which is repeated at most `max_repetitions` times
/// if it ends in a deadlock, and rejects those that differ from the stored event. Returns the inserted events.
fn insert_unless_stored(
    client: &mut SpiClient<'_>,
    events: &Events,
    indices: Vec<Index>,
    max_repetitions: u32,
    refused: &mut Refused,
) -> Result<Vec<Index>, Error> {
    if indices.is_empty() {
        return Ok(indices);
    }
    let ids = insert_despite_deadlocks(client, events, &indices, max_repetitions)?;
    let (inserted, stored): (Vec<Index>, Vec<Index>) = indices
        .iter()
        .partition(|&&index| ids.contains(&events.id(index)));
    refuse_conflicts_of_stored(client, events, &stored, refused)?;
    Ok(inserted)
}

/// Runs the INSERT, again after a deadlock with the COPY of another session. Returns the ids of the inserted events.
fn insert_despite_deadlocks(
    client: &mut SpiClient<'_>,
    events: &Events,
    indices: &[Index],
    max_repetitions: u32,
) -> Result<HashSet<[u8; 16]>, Error> {
    let expected = [PgSqlErrorCode::ERRCODE_T_R_DEADLOCK_DETECTED];
    for repetition in 0..max_repetitions {
        let inserted = subtransaction::unless_raised(client, &expected, |client| {
            insert(client, events, indices)
        })?;
        match inserted {
            Ok(ids) => return Ok(ids),
            Err(_) => pause_after_deadlock(FIRST_PAUSE * 2_u32.pow(repetition)),
        }
    }
    insert(client, events, indices)
}

/// Runs the INSERT. Returns the ids of the inserted events.
fn insert(
    client: &mut SpiClient<'_>,
    events: &Events,
    indices: &[Index],
) -> Result<HashSet<[u8; 16]>, Error> {
    let _encoding = ServerEncoding::begin();
    // The rules of the wire format guarantee that the texts are UTF-8.
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let optional = |bytes: &[u8]| (!bytes.is_empty()).then(|| text(bytes));
    let fields = || indices.iter().map(|&index| events.fields(index));
    let ids: Vec<Uuid> = fields().map(|f| Uuid::from_bytes(f.id)).collect();
    let users: Vec<String> = fields().map(|f| text(f.user_id)).collect();
    let event_types: Vec<String> = fields().map(|f| text(f.event_type)).collect();
    let regions: Vec<String> = fields().map(|f| text(f.region)).collect();
    let times: Vec<TimestampWithTimeZone> = fields().map(|f| timestamp(f.ts)).collect();
    let songs: Vec<Option<String>> = fields().map(|f| optional(f.song_id)).collect();
    let devices: Vec<Option<String>> = fields().map(|f| optional(f.device)).collect();
    let rows = client.update(
        include_str!("../../sql/statement/insert.sql"),
        None,
        &[
            ids.into(),
            users.into(),
            event_types.into(),
            regions.into(),
            times.into(),
            songs.into(),
            devices.into(),
        ],
    )?;
    let mut inserted = HashSet::default();
    for row in rows {
        inserted.extend(row.get::<Uuid>(1)?.map(|id| *id.as_bytes()));
    }
    Ok(inserted)
}
