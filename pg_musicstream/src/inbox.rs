//! Stores the events that writers put into the inbox, `staging_events`.

use std::collections::BTreeMap;

use pgrx::datum::{Date, Uuid};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::error::{Error, require_read_committed};
use crate::upsert::{Batch, INBOX, Outcome, one_row};
use crate::version::require_own_objects;

/// Rows that are upserted at a time. Limits the memory that a large inbox needs.
const SLICE_ROWS: i64 = 100_000;

/// Maximum number of new partitions per call, the limit of `make_missing_partitions()`.
const MOST_NEW_DAYS: i64 = 100;

#[pg_extern(sql = false)]
fn musicstream_upsert() -> TableIterator<
    'static,
    (
        name!(staged, i64),
        name!(inserted, i64),
        name!(duplicate, i64),
        name!(conflicting, i64),
        name!(rejected, i64),
    ),
> {
    one_row(upsert())
}

fn upsert() -> Result<Outcome, Error> {
    require_read_committed("musicstream_upsert()")?;
    let staged = Spi::connect_mut(|client| {
        require_own_objects(client)?;
        take(client)
    })?;
    let Some((rows, days)) = staged else {
        return Ok(Outcome::default());
    };
    if rows <= SLICE_ROWS {
        let table = "staging_inbox";
        let source = INBOX;
        let may_be_optimistic = false;
        return Spi::connect_mut(|client| {
            Batch {
                source,
                table,
                may_be_optimistic,
            }
            .store(client)
        });
    }
    upsert_in_slices(days)
}

/// Stages the whole inbox. Returns the number of rows and the days of their events; `None` if the inbox is empty.
fn take(client: &mut SpiClient<'_>) -> Result<Option<(i64, Vec<Date>)>, Error> {
    let is_empty = client
        .update("select from staging_events limit 1", None, &[])?
        .is_empty();
    if is_empty {
        return Ok(None);
    }
    client.update("select make_staging_table('staging_inbox')", None, &[])?;
    client.update(include_str!("../sql/statement/take_inbox.sql"), None, &[])?;
    let row = client
        .update(
            include_str!("../sql/statement/hold_back.sql"),
            None,
            &[MOST_NEW_DAYS.into()],
        )?
        .first();
    let held = row.get::<i64>(1)?.unwrap_or_default();
    let staged = row.get::<i64>(2)?.unwrap_or_default();
    let days = row.get::<Vec<Date>>(3)?.unwrap_or_default();
    if held > 0 {
        notice!(
            "{held} rows stay in staging_events for the next call: their days have no partition yet, and one call creates at most {MOST_NEW_DAYS}"
        );
    }
    Ok(Some((staged - held, days)))
}

/// All slices are stored in one transaction, so locks are taken in the same order as by a batch, each kind for all slices before
/// the next kind: `partition_lock`, then the events ordered by event_id, then the rows of `ingest_offsets`. Otherwise this call
/// and a writer could deadlock.
fn upsert_in_slices(days: Vec<Date>) -> Result<Outcome, Error> {
    let batch = Batch {
        source: INBOX,
        table: "staging_slice",
        may_be_optimistic: false,
    };
    let refused = Spi::connect_mut(|client| -> Result<_, Error> {
        let statement = "select musicstream_prepare_days($1)";
        client.update(statement, None, &[days.into()])?;
        let refused = client
            .update(
                include_str!("../sql/statement/refuse_invalid.sql"),
                None,
                &[INBOX.into()],
            )?
            .first()
            .get_one::<i64>()?
            .unwrap_or_default();
        let statement = "create index staging_inbox_ids on pg_temp.staging_inbox (event_id)";
        client.update(statement, None, &[])?;
        Ok(refused)
    })?;
    let mut total = Outcome {
        staged: refused,
        rejected: refused,
        ..Outcome::default()
    };
    let mut progress = BTreeMap::new();
    let mut after: Option<Uuid> = None;
    loop {
        // Each slice uses its own SPI connection, because closing the connection frees the rows that the slice returned.
        let slice = Spi::connect_mut(|client| -> Result<_, Error> {
            client.update("select make_staging_table('staging_slice')", None, &[])?;
            let last = client
                .update(
                    include_str!("../sql/statement/take_slice.sql"),
                    None,
                    &[after.into(), SLICE_ROWS.into()],
                )?
                .first()
                .get_one::<Uuid>()?;
            let Some(last) = last else { return Ok(None) };
            let (outcome, progress) = batch.store_events(client)?;
            Ok(Some((last, outcome, progress)))
        })?;
        let Some((last, outcome, slice_progress)) = slice else {
            break;
        };
        total.add(outcome);
        for (partition, newest) in slice_progress {
            let known = progress.entry(partition).or_insert(newest);
            *known = newest.max(*known);
        }
        after = Some(last);
    }
    Spi::connect_mut(|client| {
        client.update("drop index pg_temp.staging_inbox_ids", None, &[])?;
        batch.record_progress(client, &progress)
    })?;
    Ok(total)
}
