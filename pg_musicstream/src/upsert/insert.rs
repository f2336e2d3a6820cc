//! The rows of a batch that are new go into `raw_events`, and are counted as they come back.

use std::cell::Cell;
use std::collections::HashSet;

use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use super::Batch;
use crate::bounds::{day_start, timestamp};
use crate::deltas::Deltas;
use crate::error::Error;
use crate::listeners::Listeners;
use crate::optimism::Optimism;
use crate::returned::Rows;
use crate::subtransaction;

/// What an insert came to.
pub(super) struct Inserted {
    pub(super) inserted: i64,
    /// The ids that were inserted; `None` if all were.
    pub(super) new_ids: Option<HashSet<[u8; 16]>>,
}

/// What inserted rows add to metrics and listeners.
#[derive(Default)]
struct Effect {
    deltas: Deltas,
    listeners: Listeners,
}

impl Effect {
    /// Of rows that an insert returned as `ts, event_type, region, user_id`.
    fn of(rows: &Rows<'_>, final_before: i64) -> Effect {
        let mut effect = Effect::default();
        for row in rows.iter() {
            let (ts, region) = (row.timestamp(1), row.text(3));
            effect.deltas.add(ts, row.text(2), region, final_before);
            effect.listeners.add(ts, region, row.text(4));
        }
        effect
    }

    fn append(self, client: &mut SpiClient<'_>) -> Result<(), Error> {
        append(client, self.deltas)?;
        self.listeners.append(client)
    }
}

thread_local! {
    /// Of this session: a backend has one thread.
    static OPTIMISM: Cell<Optimism> = const { Cell::new(Optimism::new()) };
}

impl Batch<'_> {
    /// Inserts what is new of `rows` rows, and counts it into the deltas.
    pub(super) fn insert(&self, client: &mut SpiClient<'_>, rows: i64) -> Result<Inserted, Error> {
        let final_before = final_before(client)?;
        let mut optimism = OPTIMISM.get();
        if optimism.bets() {
            let counted = subtransaction::unless_raised(
                client,
                PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION,
                |client| self.insert_new(client, final_before),
            )?;
            match counted {
                Some(_) => optimism.won(),
                None => optimism.lost(),
            }
            OPTIMISM.set(optimism);
            if let Some((effect, inserted)) = counted {
                effect.append(client)?;
                return Ok(Inserted {
                    inserted,
                    new_ids: None,
                });
            }
        }
        OPTIMISM.set(optimism);
        let (effect, inserted) = self.insert_missing(client, rows, final_before)?;
        effect.append(client)?;
        Ok(inserted)
    }

    /// All rows are new, or unique_violation is raised, or `None`: an event_id comes twice with times on two days, which
    /// no index notices.
    fn insert_new(
        &self,
        client: &mut SpiClient<'_>,
        final_before: i64,
    ) -> Result<Option<(Effect, i64)>, Error> {
        let result = client.update(
            &*self.statement(include_str!("../../sql/statement/insert_new.sql")),
            None,
            &[],
        )?;
        let returned = Rows::of(client, &result);
        let ids = || returned.iter().map(|row| row.uuid(5));
        if ids().zip(ids().skip(1)).any(|(id, next)| id == next) {
            return Ok(None);
        }
        Ok(Some((
            Effect::of(&returned, final_before),
            returned.len() as i64,
        )))
    }

    /// Some rows may be stored already, or come twice.
    fn insert_missing(
        &self,
        client: &mut SpiClient<'_>,
        rows: i64,
        final_before: i64,
    ) -> Result<(Effect, Inserted), Error> {
        let result = client.update(
            &*self.statement(include_str!("../../sql/statement/insert.sql")),
            None,
            &[],
        )?;
        let returned = Rows::of(client, &result);
        let inserted = Inserted {
            inserted: returned.len() as i64,
            new_ids: ((returned.len() as i64) < rows)
                .then(|| returned.iter().map(|row| row.uuid(5)).collect()),
        };
        Ok((Effect::of(&returned, final_before), inserted))
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

fn append(client: &mut SpiClient<'_>, deltas: Deltas) -> Result<(), Error> {
    let groups = deltas.into_groups();
    if groups.is_empty() {
        return Ok(());
    }
    let minutes: Vec<_> = groups.iter().map(|group| timestamp(group.0)).collect();
    let event_types: Vec<_> = groups.iter().map(|group| group.1.clone()).collect();
    let regions: Vec<_> = groups.iter().map(|group| group.2.clone()).collect();
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
