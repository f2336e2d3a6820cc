//! Library and objects must be of one version: a package may be newer than what ALTER EXTENSION has been told of, and
//! a session keeps the library that it has loaded.

use pgrx::spi::SpiClient;

use crate::error::Error;

/// Stops where the objects are not those that this library was made for.
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
