//! The rows of a batch that are new go into `raw_events`, and are counted as they come back.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use super::Batch;
use super::order::{self, Place, Rows, Staged};
use super::recent::Recent;
use crate::bounds::{day_start, timestamp};
use crate::deltas::{Count, Deltas};
use crate::error::Error;
use crate::listeners::Listeners;
use crate::names::Names;
use crate::optimism::Optimism;
use crate::rows::{Row, for_each_row};
use crate::subtransaction;

/// What an insert came to.
#[derive(Debug, Default)]
pub(super) struct Inserted {
    pub(super) inserted: i64,
    pub(super) conflicting: i64,
}

/// What inserted rows add to metrics and listeners.
struct Effect {
    /// The start of the oldest day that is not final.
    final_before: i64,
    names: Names,
    deltas: Deltas,
    listeners: Listeners,
    inserted: i64,
    /// Whose rows these are, where it is not known beforehand.
    ids: Option<HashSet<[u8; 16]>>,
}

impl Effect {
    fn new(final_before: i64, some_are_known: bool) -> Effect {
        Effect {
            final_before,
            names: Names::default(),
            deltas: Deltas::default(),
            listeners: Listeners::default(),
            inserted: 0,
            ids: some_are_known.then(HashSet::new),
        }
    }

    /// Adds a row that an insert returned as `ts, event_type, region, user_id, event_id`.
    fn add(&mut self, row: &Row<'_>) {
        let ts = row.timestamp(1);
        let event_type = self.names.number(&row.text(2));
        let region = self.names.number(&row.text(3));
        self.deltas.add(ts, event_type, region, self.final_before);
        self.listeners.add(ts, region, &row.text(4));
        self.inserted += 1;
        if let Some(ids) = &mut self.ids {
            ids.insert(row.uuid(5));
        }
    }

    /// Appends it to the deltas.
    fn append(self, client: &mut SpiClient<'_>) -> Result<(), Error> {
        append(client, self.deltas.into_groups(&self.names))?;
        self.listeners.append(client, &self.names)
    }
}

thread_local! {
    // Of this session: a backend has one thread.
    static OPTIMISM: Cell<Optimism> = const { Cell::new(Optimism::new()) };
    static RECENT: RefCell<Recent> = RefCell::default();
}

impl Batch<'_> {
    /// Inserts what is new of these rows, counts it into the deltas, and keeps those that differ from what is stored.
    pub(super) fn insert(&self, client: &mut SpiClient<'_>, rows: Rows) -> Result<Inserted, Error> {
        let final_before = final_before(client)?;
        let mut optimism = OPTIMISM.get();
        let bets = self.may_bet && optimism.bets();
        OPTIMISM.set(optimism);
        // Without a bet all are looked up.
        let (suspects, others): (Vec<&Staged>, Vec<&Staged>) = RECENT.with_borrow(|recent| {
            rows.firsts
                .iter()
                .partition(|row| !bets || recent.holds(row.id))
        });
        let mut looked_up = self.compare(client, suspects, false)?;
        let mut skipped: Vec<Place> = rows.repeats.iter().map(|row| row.place).collect();
        skipped.append(&mut looked_up.known);
        let mut conflicting = looked_up.conflicting;

        let mut effect = self.insert_new(client, &rows, &skipped, final_before)?;
        if bets {
            match effect {
                Some(_) => optimism.won(),
                None => optimism.lost(),
            }
            OPTIMISM.set(optimism);
            if effect.is_none() {
                looked_up = self.compare(client, others, false)?;
                skipped.append(&mut looked_up.known);
                conflicting += looked_up.conflicting;
                effect = self.insert_new(client, &rows, &skipped, final_before)?;
            }
        }
        let effect = match effect {
            Some(effect) => effect,
            // Another session stores the same events at this moment.
            None => {
                let effect = self.insert_by(
                    client,
                    &order::insert(rows.is_sorted, &skipped, true),
                    final_before,
                    true,
                )?;
                let skipped: HashSet<Place> = skipped.into_iter().collect();
                let stored_elsewhere: Vec<&Staged> = rows
                    .firsts
                    .iter()
                    .filter(|row| !skipped.contains(&row.place))
                    .filter(|row| {
                        effect
                            .ids
                            .as_ref()
                            .is_some_and(|ids| !ids.contains(&row.id))
                    })
                    .collect();
                conflicting += self.compare(client, stored_elsewhere, true)?.conflicting;
                effect
            }
        };
        conflicting += self.compare(client, &rows.repeats, true)?.conflicting;
        let inserted = effect.inserted;
        effect.append(client)?;
        RECENT.with_borrow_mut(|recent| {
            for row in &rows.firsts {
                recent.remember(row.id);
            }
        });
        Ok(Inserted {
            inserted,
            conflicting,
        })
    }

    /// Inserts all but the skipped rows; `None` if one of them is stored already, and nothing was inserted.
    fn insert_new(
        &self,
        client: &mut SpiClient<'_>,
        rows: &Rows,
        skipped: &[Place],
        final_before: i64,
    ) -> Result<Option<Effect>, Error> {
        if skipped.len() == rows.firsts.len() + rows.repeats.len() {
            return Ok(Some(Effect::new(final_before, false)));
        }
        let statement = order::insert(rows.is_sorted, skipped, false);
        subtransaction::unless_raised(client, PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION, |client| {
            self.insert_by(client, &statement, final_before, false)
        })
    }

    fn insert_by(
        &self,
        client: &mut SpiClient<'_>,
        statement: &str,
        final_before: i64,
        some_are_known: bool,
    ) -> Result<Effect, Error> {
        let mut effect = Effect::new(final_before, some_are_known);
        for_each_row(client, &self.statement(statement), |row| effect.add(&row))?;
        Ok(effect)
    }
}

/// The start of the oldest day that is not final: the day that holds the watermark.
fn final_before(client: &mut SpiClient<'_>) -> Result<i64, Error> {
    let watermark = client
        .update("select musicstream_watermark()", None, &[])?
        .first()
        .get_one::<TimestampWithTimeZone>()?;
    Ok(watermark.map_or(i64::MIN, |time| day_start(time.into_inner())))
}

fn append(client: &mut SpiClient<'_>, groups: Vec<(i64, &str, &str, Count)>) -> Result<(), Error> {
    if groups.is_empty() {
        return Ok(());
    }
    let minutes: Vec<_> = groups.iter().map(|group| timestamp(group.0)).collect();
    let event_types: Vec<_> = groups.iter().map(|group| group.1).collect();
    let regions: Vec<_> = groups.iter().map(|group| group.2).collect();
    let events: Vec<_> = groups.iter().map(|group| group.3.events).collect();
    let late_events: Vec<_> = groups.iter().map(|group| group.3.late_events).collect();
    client.update(
        include_str!("../../sql/statement/append_deltas.sql"),
        None,
        &[
            minutes.into(),
            event_types.into(),
            regions.into(),
            events.into(),
            late_events.into(),
        ],
    )?;
    Ok(())
}
