//! Whether Citus has distributed `raw_events` over several servers, and the lock that corrections need in that case.

use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::error::Error;

/// Whether `raw_events` is distributed.
pub(crate) fn has_distributed_events(client: &mut SpiClient<'_>) -> Result<bool, Error> {
    let has_citus = "select to_regclass('pg_catalog.pg_dist_partition') is not null";
    // Without Citus the second statement would fail: the table that it reads does not exist.
    Ok(is_true(client, has_citus)?
        && is_true(client, include_str!("../sql/statement/is_distributed.sql"))?)
}

fn is_true(client: &mut SpiClient<'_>, statement: &str) -> Result<bool, Error> {
    let answer = client.update(statement, None, &[])?.first();
    Ok(answer.get_one::<bool>()?.unwrap_or_default())
}

#[pg_extern(sql = false)]
fn is_distributed() -> bool {
    Spi::connect_mut(has_distributed_events).unwrap_or_else(|error| error.raise())
}

/// Blocks writers of a distributed `raw_events` until this transaction ends.
///
/// A snapshot of the coordinator does not determine which events of the workers belong to it: a worker may already show events
/// of a batch that the snapshot lacks, or still be committing a batch that the snapshot has. A batch holds its lock on
/// `raw_events` until the workers have committed, so with this lock both states agree. An ordinary table needs no lock,
/// because one snapshot covers events and metrics.
pub(crate) fn block_distributed_writers(client: &mut SpiClient<'_>) -> Result<(), Error> {
    if has_distributed_events(client)? {
        client.update(
            include_str!("../sql/statement/block_writers.sql"),
            None,
            &[],
        )?;
    }
    Ok(())
}
