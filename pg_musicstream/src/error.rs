//! What the functions refuse, with SQLSTATE, detail and hint in one place.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode, pg_sys, spi};

/// Why a function of the extension stops. Errors of Postgres itself pass through it untouched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0} cannot run at isolation level above READ COMMITTED")]
    Isolation(String),
    #[error("a source named \"{0}\" is reserved for the inbox")]
    ReservedSource(String),
    #[error("the objects of pg_musicstream are of version {objects}, its library in this session is of version {}", env!("CARGO_PKG_VERSION"))]
    Version { objects: String },
    #[error("this is no HLL sketch")]
    Sketch(#[source] datasketches::error::Error),
    #[error("these are no packed minutes")]
    PackedMinutes,
    #[error("these are no packed songs")]
    PackedSongs,
    #[error("the function is part of an aggregate and cannot be called alone")]
    NoAggregate,
    #[error("max_rows must not be negative, but is {0}")]
    NegativeRows(i64),
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
            Error::Version { objects } => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                message,
                "musicstream",
            )
            .set_hint(if is_older(&objects, env!("CARGO_PKG_VERSION")) {
                "Run ALTER EXTENSION pg_musicstream UPDATE, and sql/roles.sql after it."
            } else {
                "Connect anew: a new session loads the library that is installed."
            }),
            Error::Sketch(source) => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INVALID_BINARY_REPRESENTATION,
                message,
                "musicstream",
            )
            .set_detail(source.to_string()),
            Error::PackedMinutes => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INVALID_BINARY_REPRESENTATION,
                message,
                "musicstream",
            )
            .set_hint("Delete the row of minute_counts or metric_deltas that has them, and call musicstream_rebuild() for its day."),
            Error::PackedSongs => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INVALID_BINARY_REPRESENTATION,
                message,
                "musicstream",
            )
            .set_hint("Delete the row of song_counts that has them, and call musicstream_rebuild() for its day."),
            Error::NoAggregate => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
                message,
                "musicstream",
            ),
            Error::NegativeRows(_) => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
                message,
                "musicstream",
            )
            .set_hint("Leave it out, or give null, for all of them."),
            Error::Spi(_) => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
                message,
                "musicstream",
            ),
        }
    }
}

/// Stops at isolation levels whose one snapshot would hide what others committed after it.
pub(crate) fn require_read_committed(function: &str) -> Result<(), Error> {
    // SAFETY: a plain integer of this backend.
    let level = unsafe { pg_sys::XactIsoLevel };
    if level > pg_sys::XACT_READ_COMMITTED as i32 {
        return Err(Error::Isolation(function.to_owned()));
    }
    Ok(())
}

fn is_older(version: &str, than: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split('.')
            .filter_map(|number| number.parse().ok())
            .collect()
    };
    numbers(version) < numbers(than)
}
