//! The events of a batch that are new go into `raw_events`.

use std::cell::{Cell, RefCell};

use foldhash::HashSet;
use pgrx::datum::{TimestampWithTimeZone, Uuid};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use super::Batch;
use super::compare::{conflict, refuse_conflicts, refuse_conflicts_of_stored};
use super::encode::{COLUMNS, Encoder};
use super::events::{Events, Index, Ordered};
use super::recent::Recent;
use super::survey::Refused;
use super::target::{Target, WritePath};
use crate::bounds::timestamp;
use crate::copy_from::copy_from;
use crate::encoding::ServerEncoding;
use crate::error::Error;
use crate::optimism::Optimism;
use crate::subtransaction;
use crate::time::day_start;

thread_local! {
    // Of this session: a backend has one thread.
    static OPTIMISM: Cell<Optimism> = const { Cell::new(Optimism::new()) };
    static RECENT: RefCell<Recent> = RefCell::default();
}

impl Batch<'_> {
    /// Inserts what is new of these events, and refuses those that differ from what is stored. Returns those that it inserted.
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
            WritePath::Insert => {
                insert_unless_stored(client, events, firsts.iter().copied(), refused)?
            }
        };
        refuse_repeats(client, events, ordered, &inserted, refused)?;
        Ok(inserted)
    }

    /// Copies what is new of these events: all of it, or, where another session stores the same events at this moment, what
    /// that leaves. Returns those that it inserted.
    fn copy_new(
        &self,
        client: &mut SpiClient<'_>,
        table: pg_sys::Oid,
        events: &Events,
        firsts: &[Index],
        refused: &mut Refused,
    ) -> Result<Vec<Index>, Error> {
        let mut optimism = OPTIMISM.get();
        let bets = self.may_bet && optimism.bets();
        OPTIMISM.set(optimism);
        // Without a bet all are looked up.
        let (suspects, others): (Vec<Index>, Vec<Index>) = RECENT.with_borrow(|recent| {
            firsts
                .iter()
                .partition(|&&index| !bets || recent.holds(events.id(index)))
        });
        let mut known = refuse_conflicts(client, events, suspects, refused)?;
        let mut inserted = copy_unless_known(client, table, events, firsts, &known)?;
        if bets {
            match inserted {
                Some(_) => optimism.won(),
                None => optimism.lost(),
            }
            OPTIMISM.set(optimism);
            if inserted.is_none() {
                known.extend(refuse_conflicts(client, events, others, refused)?);
                inserted = copy_unless_known(client, table, events, firsts, &known)?;
            }
        }
        let inserted = match inserted {
            Some(inserted) => inserted,
            None => insert_unless_stored(client, events, without(firsts, &known), refused)?,
        };
        RECENT.with_borrow_mut(|recent| {
            for &index in firsts {
                recent.remember(events.id(index));
            }
        });
        Ok(inserted)
    }
}

/// Events that have the event_id of an earlier one of the batch are compared with what is stored on their day: mostly with
/// that one, if it was inserted.
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
        let is_of_this_batch = inserted.contains(&first)
            && day_start(events.ts(repeat)) == day_start(events.ts(first));
        if !is_of_this_batch {
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

/// Copies all but the known events; `None` if one of them is stored already, and nothing was inserted.
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
    let violation = PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION;
    let copied = subtransaction::unless_raised(client, violation, |client| {
        let mut encoder = Encoder::new(events, &new);
        copy_from(client, table, &COLUMNS, |buffer| encoder.read(buffer));
        Ok(())
    })?;
    Ok(copied.map(|()| new))
}

/// Inserts those of the events that are not stored, and refuses those that differ from what is stored. Returns those that it
/// inserted.
fn insert_unless_stored(
    client: &mut SpiClient<'_>,
    events: &Events,
    indices: impl IntoIterator<Item = Index>,
    refused: &mut Refused,
) -> Result<Vec<Index>, Error> {
    let indices: Vec<Index> = indices.into_iter().collect();
    if indices.is_empty() {
        return Ok(indices);
    }
    let ids = insert(client, events, &indices)?;
    let (inserted, stored): (Vec<Index>, Vec<Index>) = indices
        .iter()
        .partition(|&&index| ids.contains(&events.id(index)));
    refuse_conflicts_of_stored(client, events, &stored, refused)?;
    Ok(inserted)
}

/// Inserts those of the events that are not stored; returns their ids.
fn insert(
    client: &mut SpiClient<'_>,
    events: &Events,
    indices: &[Index],
) -> Result<HashSet<[u8; 16]>, Error> {
    let _encoding = ServerEncoding::begin();
    // The wire format's rules have been applied, so the texts are UTF-8.
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
