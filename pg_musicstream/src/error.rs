//! The errors that the functions raise, each with its SQLSTATE, DETAIL and HINT.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode, pg_sys, spi};

/// An error of the extension. Errors that Postgres raises propagate unchanged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0} cannot run at isolation level above READ COMMITTED")]
    Isolation(String),
    #[error("the source name \"{0}\" is reserved for the inbox")]
    ReservedSource(String),
    #[error("the objects of pg_musicstream are of version {objects}, its library in this session is of version {}", env!("CARGO_PKG_VERSION"))]
    Version { objects: String },
    #[error("invalid HLL sketch")]
    Sketch(#[source] datasketches::error::Error),
    #[error("invalid packed minutes")]
    PackedMinutes,
    #[error("invalid packed songs")]
    PackedSongs,
    #[error("the function can only be called as part of its aggregate")]
    NoAggregate,
    #[error("max_rows must not be negative, but is {0}")]
    NegativeRows(i64),
    #[error("unexpected result of an internal query: {0}")]
    Spi(#[from] spi::Error),
}

impl Error {
    /// Raises the error in Postgres.
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
            .set_detail("The function must see what other sessions committed while it waited for their locks.")
            .set_hint("Call it in a transaction at READ COMMITTED."),
            Error::ReservedSource(_) => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
                message,
                "musicstream",
            )
            .set_hint("Choose a name that says where the events come from, such as kafka:CLUSTER/TOPIC."),
            Error::Version { objects } => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                message,
                "musicstream",
            )
            .set_hint(if is_older(&objects, env!("CARGO_PKG_VERSION")) {
                "Run ALTER EXTENSION pg_musicstream UPDATE, then sql/roles.sql."
            } else {
                "Reconnect: a new session loads the installed library."
            }),
            Error::Sketch(source) => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INVALID_BINARY_REPRESENTATION,
                message,
                "musicstream",
            )
            .set_detail(source.to_string())
            .set_hint("musicstream_verify() lists wrong sketches of daily_listeners as metric listeners; musicstream_rebuild() for their days computes them again."),
            Error::PackedMinutes => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INVALID_BINARY_REPRESENTATION,
                message,
                "musicstream",
            )
            .set_hint("Delete the row of musicstream_internal.minute_counts or metric_deltas that has them, then call musicstream_rebuild() for its day."),
            Error::PackedSongs => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INVALID_BINARY_REPRESENTATION,
                message,
                "musicstream",
            )
            .set_hint("Delete the row of musicstream_internal.song_counts that has them, then call musicstream_rebuild() for its day."),
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
            .set_hint("Omit it or pass null for no limit."),
            Error::Spi(_) => ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
                message,
                "musicstream",
            ),
        }
    }
}

/// Refuses isolation levels above READ COMMITTED: their snapshot hides rows that other sessions committed later.
pub(crate) fn require_read_committed(function: &str) -> Result<(), Error> {
    // SAFETY: an integer variable of this backend.
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
