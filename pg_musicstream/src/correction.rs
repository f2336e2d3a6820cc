//! What rollups, corrections and listening counts do before their first statement: check the isolation level and the version, and
//! take their lock.

use pgrx::prelude::*;

use crate::distribution;
use crate::error::{Error, require_read_committed};
use crate::version::require_own_objects;

#[pg_extern(sql = false)]
fn begin_correction(caller: &str) {
    begin(caller).unwrap_or_else(|error| error.raise());
}

#[pg_extern(sql = false)]
fn begin_listening(caller: &str) {
    lock_listening(caller).unwrap_or_else(|error| error.raise());
}

/// Waits until no rollup and no other correction runs, and if `raw_events` is distributed, until no batch runs. The locks are
/// held until the transaction ends. `caller` is the function that the user called; it is named in error messages.
pub(crate) fn begin(caller: &str) -> Result<(), Error> {
    lock(caller, "rollup_lock")?;
    Spi::connect_mut(distribution::block_distributed_writers)
}

/// Waits until no other session counts listening. Rollups and corrections that do not touch listening go on.
///
/// The lock on distributed events comes before `listening_lock`, because a correction that counts listening already holds it
/// when it takes `listening_lock`: one order of locks, no deadlock.
fn lock_listening(caller: &str) -> Result<(), Error> {
    require_read_committed(caller)?;
    Spi::connect_mut(distribution::block_distributed_writers)?;
    lock(caller, "listening_lock")
}

/// Takes a lock of `sql/internal/table/locks.sql` until the transaction ends.
pub(crate) fn lock(caller: &str, table: &'static str) -> Result<(), Error> {
    require_read_committed(caller)?;
    Spi::connect_mut(|client| {
        require_own_objects(client)?;
        // `update` and not `select`: a read-only query after the wait would see the snapshot from before the wait.
        client.update(
            &format!("lock table only {table} in share update exclusive mode"),
            None,
            &[],
        )?;
        Ok(())
    })
}
