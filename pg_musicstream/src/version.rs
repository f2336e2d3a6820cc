//! Checks that the library and the SQL objects have the same version. They differ after a package update until ALTER EXTENSION …
//! UPDATE is run, and in sessions that had loaded the library before the update.

use pgrx::spi::SpiClient;

use crate::error::Error;

/// Fails if the SQL objects belong to another version than this library.
pub(crate) fn require_own_objects(client: &mut SpiClient<'_>) -> Result<(), Error> {
    let objects = client
        .update(
            "select extversion from pg_extension where extname = 'pg_musicstream'",
            None,
            &[],
        )?
        .first()
        .get_one::<String>()?
        .unwrap_or_default();
    if objects == env!("CARGO_PKG_VERSION") {
        Ok(())
    } else {
        Err(Error::Version { objects })
    }
}
