//! The database: where it is, one session with it, and what its errors mean.

mod class;
mod error;
mod passfile;
mod session;
mod target;
mod tls;

pub(crate) use class::Class;
pub(crate) use error::DatabaseError;
pub(crate) use session::{Claim, Holder, Session, connect};
pub(crate) use target::Target;
