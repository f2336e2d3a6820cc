//! The database: one session with it, and what its errors mean.

mod class;
mod error;
mod session;

pub(crate) use class::Class;
pub(crate) use error::DatabaseError;
pub(crate) use musicstream_connect::Target;
pub(crate) use session::{Claim, Holder, Session, connect};

use crate::cli::DatabaseArgs;

/// The database that flags and environment name.
///
/// # Errors
/// A setting that cannot be understood; the message does not show its value.
pub(crate) fn target(args: &DatabaseArgs) -> Result<Target, DatabaseError> {
    let target = Target::of_process(args.database_url.as_deref(), env!("CARGO_PKG_NAME"))?;
    for warning in target.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(target)
}
