//! What can be wrong with the settings, and with the way to the server.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::session_kind::SessionKind;
use crate::user_file::PASSWORD_FILE;

/// A setting that cannot be used. It names the parameter or variable and what to write instead; it shows no value that
/// could be part of a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The connection string is no such string.
    #[error("the connection string cannot be understood: {problem}")]
    Syntax {
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// A parameter that libpq does not have.
    #[error("{parameter} is not a parameter of libpq{}", did_you_mean(*.meant))]
    Unknown {
        /// Its name, or its place where the name could be part of a password.
        parameter: String,
        /// What may be meant.
        meant: Option<&'static str>,
    },
    /// A value that the parameter cannot have.
    #[error("{setting} is not understood: write {instead}")]
    Value {
        /// Which one, and where it stands.
        setting: String,
        /// What it can be.
        instead: String,
    },
    /// Settings that do not go together, or one that another needs.
    #[error("{problem}: {instead}")]
    Combination {
        /// What is wrong.
        problem: String,
        /// What to do.
        instead: String,
    },
    /// Something that libpq can do and this cannot.
    #[error("{setting} is not supported: {instead}")]
    Unsupported {
        /// Which one, and where it stands.
        setting: String,
        /// What to do.
        instead: String,
    },
    /// A file that cannot be used.
    #[error("{} ({setting}) cannot be used: {problem}", .path.display())]
    File {
        /// What names it.
        setting: String,
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// TLS cannot be set up, for a reason that is in no setting.
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

/// A password file that was passed over, as libpq does, which says so too.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// It is not a file.
    #[error("the password file {} is not used: it is not a plain file", .0.display())]
    NotAFile(PathBuf),
    /// Others than its owner may read or write it.
    #[error("the password file {path} is not used: others may read it (chmod 600 {path} mends that)", path = .0.display())]
    Exposed(PathBuf),
    /// It is there and cannot be read.
    #[error("the password file {} is not used: {problem}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
}

/// No connection came about. Its `Display` tells of every server that was tried, by name if there were several.
#[derive(Debug)]
pub struct ConnectError {
    pub(crate) last: Failure,
    pub(crate) earlier: Vec<Failure>,
}

impl ConnectError {
    /// How the last attempt ended.
    pub fn cause(&self) -> &Cause {
        &self.last.cause
    }

    /// The attempts before the last, in their order.
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

/// One attempt that failed.
#[derive(Debug)]
pub struct Failure {
    /// Host and port, or the socket's folder and port.
    pub server: String,
    /// Why.
    pub cause: Cause,
}

impl Failure {
    /// The cause and what caused it, each said once.
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
    /// The host's name is unknown, or nobody could be asked.
    #[error("the host's address cannot be found")]
    Lookup(#[source] io::Error),
    /// Client and server do not agree on TLS, or a certificate is not good enough.
    #[error(transparent)]
    Tls(tokio_postgres::Error),
    /// The server asks for a password, and there is none.
    #[error(
        "the server asks for a password: give it in the connection string, in PGPASSWORD or in {}",
        PASSWORD_FILE
    )]
    PasswordMissing,
    /// The server asks for what the driver cannot do, or does not do what `channel_binding` asks for.
    #[error(transparent)]
    Authentication(tokio_postgres::Error),
    /// What else the network or the server says.
    #[error(transparent)]
    Driver(tokio_postgres::Error),
    /// The server took the connection and did not answer in `connect_timeout`.
    #[error("the server does not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The session is not what `target_session_attrs` asks for.
    #[error("the server is not {0}, as target_session_attrs asks")]
    Unsuitable(SessionKind),
}

impl Cause {
    /// The driver tells most of these apart only in words.
    pub(crate) fn of(error: tokio_postgres::Error) -> Cause {
        let source = std::error::Error::source(&error);
        let because = source.map(ToString::to_string).unwrap_or_default();
        // A connection that breaks in the middle of the handshake says nothing about TLS.
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
