//! An error of the database, with its class, and with a hint if a remedy is known.

use musicstream_connect::{Cause, ConnectError, SettingError, Target};

use super::class::{Class, classify};

/// What happened, its class, and what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(crate) struct DatabaseError {
    class: Class,
    sqlstate: Option<String>,
    message: String,
}

impl DatabaseError {
    /// A configuration error that the ingestor itself has found.
    pub(crate) fn config(message: impl Into<String>) -> DatabaseError {
        DatabaseError {
            class: Class::Config,
            sqlstate: None,
            message: message.into(),
        }
    }

    /// An outage that the ingestor itself has found.
    pub(crate) fn outage(message: impl Into<String>) -> DatabaseError {
        DatabaseError {
            class: Class::Outage,
            sqlstate: None,
            message: message.into(),
        }
    }

    /// A server that keeps the connection but does not answer.
    pub(crate) fn no_answer(what: &str, waited: std::time::Duration) -> DatabaseError {
        DatabaseError::outage(format!(
            "{what}: no answer for {} s (--answer-timeout)",
            waited.as_secs_f64()
        ))
    }

    /// A connection that failed.
    pub(crate) fn of_connecting(target: &Target, error: &ConnectError) -> DatabaseError {
        let what = format!("cannot connect to {}", target.name());
        match error.cause() {
            Cause::Driver(cause) if cause.as_db_error().is_some() => {
                let mut refused = DatabaseError::of(&what, cause);
                for earlier in error.earlier() {
                    refused
                        .message
                        .push_str(&format!("; before that, {earlier}"));
                }
                refused
            }
            Cause::Tls(_) | Cause::PasswordMissing | Cause::Authentication(_) => {
                DatabaseError::config(format!("{what}: {error}"))
            }
            _ => DatabaseError::outage(format!("{what}: {error}")),
        }
    }

    /// An error of the statement that `what` describes.
    pub(crate) fn of(what: &str, error: &tokio_postgres::Error) -> DatabaseError {
        let Some(db) = error.as_db_error() else {
            return DatabaseError::without_answer(what, error);
        };
        let sqlstate = db.code().code();
        let class = classify(Some(sqlstate));
        // The message of a data error may quote the row, which must not be logged.
        let said = if class == Class::Data {
            "the database refused a row"
        } else {
            db.message()
        };
        let mut message = format!("{what}: {said} (SQLSTATE {sqlstate})");
        if class != Class::Data {
            if let Some(detail) = db.detail() {
                message.push_str(&format!("; {detail}"));
            }
            if let Some(hint) = hint(sqlstate).or(db.hint()) {
                message.push_str(&format!("; hint: {hint}"));
            }
        }
        DatabaseError {
            class,
            sqlstate: Some(sqlstate.to_owned()),
            message,
        }
    }

    fn without_answer(what: &str, error: &tokio_postgres::Error) -> DatabaseError {
        let mut message = format!("{what}: {error}");
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let text = cause.to_string();
            if !message.contains(&text) {
                message.push_str(&format!(": {text}"));
            }
            source = cause.source();
        }
        DatabaseError {
            class: classify(None),
            sqlstate: None,
            message,
        }
    }

    pub(crate) fn class(&self) -> Class {
        self.class
    }

    /// The SQLSTATE, if the server gave one.
    pub(crate) fn sqlstate(&self) -> Option<&str> {
        self.sqlstate.as_deref()
    }
}

impl From<SettingError> for DatabaseError {
    fn from(error: SettingError) -> DatabaseError {
        DatabaseError::config(error.to_string())
    }
}

fn hint(sqlstate: &str) -> Option<&'static str> {
    Some(match sqlstate {
        "28P01" => {
            "Check the password in --database-url, --database-password-file, PGPASSWORD or ~/.pgpass."
        }
        "28000" => "Check the user, and the server's pg_hba.conf.",
        "3D000" => "Create the database, or name another one in --database-url or PGDATABASE.",
        "42501" => "Grant the role musicstream_ingest to the user that the ingestor connects as.",
        "42883" | "42P01" | "42703" => {
            "Install or update the extension: create extension pg_musicstream, or alter extension pg_musicstream update; \
             its schema must be in the search_path."
        }
        // sql/begin.sql has the limit.
        "57014" => {
            "If sending a batch takes more than 30 s, lower --batch-rows (of a stream also --batch-mib); otherwise look at statement_timeout."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_takes_too_long_has_a_hint() {
        assert!(hint("57014").is_some_and(|hint| hint.contains("--batch-rows")));
        assert_eq!(hint("57P01"), None);
    }
}
