//! Errors of the settings and of connecting.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::session_kind::SessionKind;
use crate::user_file::PASSWORD_FILE;

/// A setting that cannot be used. The message names the parameter or variable and what to write instead; it shows no value
/// that could be part of a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The connection string is malformed.
    #[error("the connection string cannot be understood: {problem}")]
    Syntax {
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// A parameter that libpq does not have.
    #[error("{parameter} is not a parameter of libpq{}", did_you_mean(*.meant))]
    Unknown {
        /// Its name, or its number if the name could be part of a password.
        parameter: String,
        /// The parameter that was probably meant.
        meant: Option<&'static str>,
    },
    /// An invalid value.
    #[error("{setting} is not understood: write {instead}")]
    Value {
        /// The parameter, and where it is set.
        setting: String,
        /// The valid values.
        instead: String,
    },
    /// Settings that contradict each other, or one that another setting needs.
    #[error("{problem}: {instead}")]
    Combination {
        /// What is wrong.
        problem: String,
        /// What to do.
        instead: String,
    },
    /// A feature of libpq that is not implemented here.
    #[error("{setting} is not supported: {instead}")]
    Unsupported {
        /// The parameter, and where it is set.
        setting: String,
        /// What to do.
        instead: String,
    },
    /// A file that cannot be used.
    #[error("{} ({setting}) cannot be used: {problem}", .path.display())]
    File {
        /// The setting that names it.
        setting: String,
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// TLS cannot be set up, for a reason that is not in the settings.
    #[error("TLS cannot be set up: {problem}")]
    Tls {
        /// Why.
        problem: String,
    },
}

fn did_you_mean(meant: Option<&'static str>) -> String {
    meant.map_or_else(
        || ": leave it out".to_owned(),
        |meant| format!(": did you mean {meant}?"),
    )
}

/// A password file that is ignored, with a warning, as in libpq.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// It is not a regular file.
    #[error("the password file {} is not used: it is not a plain file", .0.display())]
    NotAFile(PathBuf),
    /// Others than its owner may read or write it.
    #[error("the password file {path} is not used: others may read it; hint: chmod 600 {path}", path = .0.display())]
    Exposed(PathBuf),
    /// It exists and cannot be read.
    #[error("the password file {} is not used: {problem}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
}

/// No connection could be made. The message has the error of every server that was tried, with their names if there were
/// several.
#[derive(Debug)]
pub struct ConnectError {
    pub(crate) last: Failure,
    pub(crate) earlier: Vec<Failure>,
}

impl ConnectError {
    /// The cause of the last failure.
    pub fn cause(&self) -> &Cause {
        &self.last.cause
    }

    /// The failures before the last one, in order.
    pub fn earlier(&self) -> &[Failure] {
        &self.earlier
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.earlier.is_empty() {
            return f.write_str(&self.last.words());
        }
        for failure in &self.earlier {
            write!(f, "{failure}; ")?;
        }
        write!(f, "{}", self.last)
    }
}

impl std::error::Error for ConnectError {}

/// A failed attempt.
#[derive(Debug)]
pub struct Failure {
    /// Host and port, or the socket's directory and port.
    pub server: String,
    /// Why.
    pub cause: Cause,
}

impl Failure {
    /// The cause with its sources, without repetitions.
    fn words(&self) -> String {
        let mut words = self.cause.to_string();
        let mut source = std::error::Error::source(&self.cause);
        while let Some(cause) = source {
            let more = cause.to_string();
            if !words.contains(&more) {
                words = format!("{words}: {more}");
            }
            source = cause.source();
        }
        words
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.server, self.words())
    }
}

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The host name is unknown, or no name server answers.
    #[error("the host's address cannot be found")]
    Lookup(#[source] io::Error),
    /// The TLS handshake failed, or a certificate was not accepted.
    #[error(transparent)]
    Tls(tokio_postgres::Error),
    /// The server requires a password, and none is set.
    #[error(
        "the server asks for a password: give it in the connection string, in PGPASSWORD or in {}",
        PASSWORD_FILE
    )]
    PasswordMissing,
    /// The server requires an authentication method that the driver does not support, or does not support what
    /// `channel_binding` requires.
    #[error(transparent)]
    Authentication(tokio_postgres::Error),
    /// Any other error of the network or the server.
    #[error(transparent)]
    Driver(tokio_postgres::Error),
    /// The server accepted the connection and did not answer within `connect_timeout`.
    #[error("the server does not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The session does not match `target_session_attrs`.
    #[error("the server is not {0}, as target_session_attrs asks")]
    Unsuitable(SessionKind),
}

impl Cause {
    /// Classifies an error of the driver, most of which differ only in their text.
    pub(crate) fn of(error: tokio_postgres::Error) -> Cause {
        let source = std::error::Error::source(&error);
        let because = source.map(ToString::to_string).unwrap_or_default();
        // A connection that breaks during the handshake is no TLS error.
        let is_of_tls = source.is_some_and(|source| {
            let inner = source
                .downcast_ref::<io::Error>()
                .and_then(io::Error::get_ref);
            inner.is_some_and(|inner| inner.is::<rustls::Error>())
        });
        match error.to_string().split(':').next().unwrap_or_default() {
            "error performing TLS handshake"
                if is_of_tls || because.contains("does not support TLS") =>
            {
                Cause::Tls(error)
            }
            "invalid configuration" if because == "password missing" => Cause::PasswordMissing,
            "authentication error" => Cause::Authentication(error),
            _ => Cause::Driver(error),
        }
    }
}
