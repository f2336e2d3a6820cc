//! The database: sessions, and what its errors mean.

mod class;
mod connection;
mod error;
mod reject;
mod session;

pub(crate) use class::{Class, may_lack_partitions};
pub(crate) use connection::connect;
pub(crate) use error::DatabaseError;
pub(crate) use musicstream_connect::Target;
pub(crate) use reject::{Reject, RejectSink};
pub(crate) use session::{Claim, LedgerEntry, Server, Session};

use crate::args::{DatabaseArgs, read_secret};

/// The database that the flags and the environment name.
///
/// # Errors
/// A setting is not understood, or the password file cannot be read; the message shows no value.
pub(crate) fn server(args: &DatabaseArgs) -> anyhow::Result<Server> {
    let mut target = Target::of_process(args.database_url.as_deref(), env!("CARGO_PKG_NAME"))?;
    if let Some(file) = &args.database_password_file {
        target = target.with_password(&read_secret(file)?);
    }
    for warning in target.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(Server {
        target,
        answer_within: args.answer_timeout,
        makes_any_day: false,
    })
}
