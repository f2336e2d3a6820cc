//! The rows of a batch that are new go into `raw_events`, and are counted as they come back.

use std::cell::Cell;
use std::collections::HashSet;

use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use super::Batch;
use super::order::Order;
use crate::bounds::{day_start, timestamp};
use crate::deltas::{Count, Deltas};
use crate::error::Error;
use crate::listeners::Listeners;
use crate::names::Names;
use crate::optimism::Optimism;
use crate::rows::{Row, for_each_row};
use crate::subtransaction;

/// What an insert came to.
pub(super) struct Inserted {
    pub(super) inserted: i64,
    /// The ids that were inserted; `None` if all rows were.
    pub(super) new_ids: Option<HashSet<[u8; 16]>>,
}

/// What inserted rows add to metrics and listeners.
struct Effect {
    /// The start of the oldest day that is not final.
    final_before: i64,
    names: Names,
    deltas: Deltas,
    listeners: Listeners,
    ids: Vec<[u8; 16]>,
}

impl Effect {
    fn new(final_before: i64) -> Effect {
        Effect {
            final_before,
            names: Names::default(),
            deltas: Deltas::default(),
            listeners: Listeners::default(),
            ids: Vec::new(),
        }
    }

    /// Adds a row that an insert returned as `ts, event_type, region, user_id, event_id`.
    fn add(&mut self, row: &Row<'_>) {
        let ts = row.timestamp(1);
        let event_type = self.names.number(row.text(2));
        let region = self.names.number(row.text(3));
        self.deltas.add(ts, event_type, region, self.final_before);
        self.listeners.add(ts, region, row.text(4));
        self.ids.push(row.uuid(5));
    }

    /// Appends it, of a batch of `rows` rows, to the deltas.
    fn append(self, client: &mut SpiClient<'_>, rows: i64) -> Result<Inserted, Error> {
        append(client, self.deltas.into_groups(&self.names))?;
        self.listeners.append(client, &self.names)?;
        let inserted = self.ids.len() as i64;
        Ok(Inserted {
            inserted,
            new_ids: (inserted < rows).then(|| self.ids.into_iter().collect()),
        })
    }
}

thread_local! {
    /// Of this session: a backend has one thread.
    static OPTIMISM: Cell<Optimism> = const { Cell::new(Optimism::new()) };
}

impl Batch<'_> {
    /// Inserts what is new of `rows` rows that lie in this order, and counts it into the deltas.
    pub(super) fn insert(
        &self,
        client: &mut SpiClient<'_>,
        rows: i64,
        order: Order,
    ) -> Result<Inserted, Error> {
        let final_before = final_before(client)?;
        let mut optimism = OPTIMISM.get();
        let bets = optimism.bets();
        OPTIMISM.set(optimism);
        if bets {
            let effect = subtransaction::unless_raised(
                client,
                PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION,
                |client| self.insert_by(client, &order.insert_new(), final_before),
            )?;
            match effect {
                Some(_) => optimism.won(),
                None => optimism.lost(),
            }
            OPTIMISM.set(optimism);
            if let Some(effect) = effect {
                return effect.append(client, rows);
            }
        }
        self.insert_by(client, &order.insert_missing(), final_before)?
            .append(client, rows)
    }

    fn insert_by(
        &self,
        client: &mut SpiClient<'_>,
        statement: &str,
        final_before: i64,
    ) -> Result<Effect, Error> {
        let mut effect = Effect::new(final_before);
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
