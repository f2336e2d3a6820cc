//! What the functions that change stored events or metrics have in common.

use pgrx::prelude::*;

use crate::distribution;
use crate::error::{Error, require_read_committed};
use crate::version::require_own_objects;

/// Refuses isolation levels that hide what others commit, then waits for rollups and other corrections to end, and where
/// `raw_events` is distributed for its writers.
#[pg_extern(sql = false)]
fn musicstream_begin_correction(name: &str) {
    begin(name).unwrap_or_else(|error| error.raise());
}

/// The same for what counts listening, which neither rollups nor corrections have to wait for.
#[pg_extern(sql = false)]
fn musicstream_begin_listening(name: &str) {
    begin_listening(name).unwrap_or_else(|error| error.raise());
}

/// Writers of distributed events are held up before the turn is taken: a correction, which has held them up already, takes
/// the turn after that, too.
fn begin_listening(name: &str) -> Result<(), Error> {
    require_read_committed(name)?;
    Spi::connect_mut(distribution::hold_distributed_still)?;
    take_turn(name, "listening_turn")
}

/// See [`musicstream_begin_correction`]. `name` is the function that the user called.
pub(crate) fn begin(name: &str) -> Result<(), Error> {
    take_turn(name, "rollup_turn")?;
    Spi::connect_mut(distribution::hold_distributed_still)
}

fn take_turn(name: &str, table: &'static str) -> Result<(), Error> {
    require_read_committed(name)?;
    Spi::connect_mut(|client| {
        require_own_objects(client)?;
        // `update`, because a read-only query after the wait would see the snapshot from before it.
        client.update(
            &format!("lock table only {table} in share update exclusive mode"),
            None,
            &[],
        )?;
        Ok(())
    })
}

#[pg_extern(sql = false)]
fn musicstream_names_user(key: Option<&[u8]>, payload: Option<&[u8]>, user_id: &str) -> bool {
    key == Some(user_id.as_bytes())
        || payload.is_some_and(|payload| musicstream_event::names_user(payload, user_id))
}
