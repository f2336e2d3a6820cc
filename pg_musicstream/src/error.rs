//! What the functions refuse, with SQLSTATE, detail and hint in one place.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode, pg_sys, spi};

/// Why a function of the extension stops. Errors of Postgres itself pass through it untouched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0} cannot run at isolation level above READ COMMITTED")]
    Isolation(&'static str),
    #[error("a source named \"{0}\" is reserved for the inbox")]
    ReservedSource(String),
    #[error("unexpected result of an internal query: {0}")]
    Spi(#[from] spi::Error),
}

impl Error {
    /// Raises it in Postgres.
    #[track_caller]
    pub(crate) fn raise(self) -> ! {
        self.report().report(PgLogLevel::ERROR);
        unreachable!("a report at level ERROR does not return")
    }

    #[track_caller]
    fn report(self) -> ErrorReport {
        let message = self.to_string();
        match self {
            Error::Isolation(_) => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
                message,
                "musicstream",
            )
            .set_detail("It has to see what other sessions committed while it waited for them.")
            .set_hint("Call it in a transaction at READ COMMITTED."),
            Error::ReservedSource(_) => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
                message,
                "musicstream",
            )
            .set_hint("Name the source by what it is, such as kafka:CLUSTER/TOPIC."),
            Error::Spi(_) => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
                message,
                "musicstream",
            ),
        }
    }
}

/// Stops at isolation levels whose one snapshot would hide what others committed after it.
pub(crate) fn require_read_committed(function: &'static str) -> Result<(), Error> {
    // SAFETY: a plain integer of this backend.
    let level = unsafe { pg_sys::XactIsoLevel };
    if level > pg_sys::XACT_READ_COMMITTED as i32 {
        return Err(Error::Isolation(function));
    }
    Ok(())
}
