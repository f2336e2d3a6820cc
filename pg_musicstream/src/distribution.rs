//! Whether Citus has distributed `raw_events` over several machines, and what a transaction does differently then.

use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::error::Error;

/// Whether `raw_events` is distributed.
pub(crate) fn is_distributed(client: &mut SpiClient<'_>) -> Result<bool, Error> {
    let has_citus = "select to_regclass('pg_catalog.pg_dist_partition') is not null";
    // The second statement cannot be parsed where Citus is not installed.
    Ok(is_true(client, has_citus)?
        && is_true(client, include_str!("../sql/statement/is_distributed.sql"))?)
}

fn is_true(client: &mut SpiClient<'_>, statement: &str) -> Result<bool, Error> {
    let answer = client.update(statement, None, &[])?.first();
    Ok(answer.get_one::<bool>()?.unwrap_or_default())
}

#[pg_extern(sql = false)]
fn musicstream_is_distributed() -> bool {
    Spi::connect_mut(is_distributed).unwrap_or_else(|error| error.raise())
}

/// Keeps writers of a distributed `raw_events` out until this transaction ends.
///
/// The snapshot of this node does not say which events of the workers belong to it: a batch that it does not have may be
/// there, and of one that it has the workers may still be committing. A batch holds its lock on `raw_events` until the workers
/// have committed, so once this lock is taken both are equal. An ordinary table has one snapshot, and writers go on.
pub(crate) fn hold_distributed_still(client: &mut SpiClient<'_>) -> Result<(), Error> {
    if is_distributed(client)? {
        client.update(include_str!("../sql/statement/hold_still.sql"), None, &[])?;
    }
    Ok(())
}
