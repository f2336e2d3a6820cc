//! Problems with the source, and what to do about each.

use super::client::Failed;
use musicstream_connect::{Cause, ConnectError, PASSWORD_FILE};
use std::error::Error;

/// Why no new numbers come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The address cannot be understood.
    BadAddress(String),
    /// Nothing answers there.
    NoServer(String),
    /// The host's name is unknown.
    UnknownHost(String),
    /// The server is starting or stopping.
    NotReady(String),
    /// A password is asked for and none is known.
    NeedsPassword,
    /// The password is wrong.
    WrongPassword(String),
    /// The role is unknown, or `pg_hba.conf` does not let it in.
    NotLetIn(String),
    /// No such database.
    NoDatabase(String),
    /// The extension is not in this database.
    NoExtension {
        /// The server has its files, so that `create extension` is all that is missing.
        available: bool,
    },
    /// The extension lacks something that this viewer reads.
    OtherVersion {
        /// The version found.
        found: Option<String>,
        /// What the server said.
        detail: String,
    },
    /// The role may not read it.
    NoPrivilege(String),
    /// TLS could not be agreed on.
    Tls(String),
    /// The server did not answer in time.
    Slow(String),
    /// All connections are taken.
    Busy(String),
    /// The connection was there and is gone.
    Lost(String),
    /// Anything else.
    Other(String),
}

impl Problem {
    /// One line: what is wrong.
    pub fn title(&self) -> String {
        match self {
            Self::BadAddress(_) => "The database address is not understood".into(),
            Self::NoServer(_) => "No Postgres server answers".into(),
            Self::UnknownHost(_) => "The server’s name is unknown".into(),
            Self::NotReady(_) => "Postgres is not ready yet".into(),
            Self::NeedsPassword => "The server asks for a password".into(),
            Self::WrongPassword(_) => "The password is wrong".into(),
            Self::NotLetIn(_) => "The server does not let this role in".into(),
            Self::NoDatabase(_) => "The database does not exist".into(),
            Self::NoExtension { .. } => "The extension is missing in this database".into(),
            Self::OtherVersion { .. } => {
                "The extension lacks something that this viewer reads".into()
            }
            Self::NoPrivilege(_) => "This role may not read the metrics".into(),
            Self::Tls(_) => "No secure connection".into(),
            Self::Slow(_) => "The server did not answer in time".into(),
            Self::Busy(_) => "The server has no free connection".into(),
            Self::Lost(_) => "The connection is lost".into(),
            Self::Other(_) => "Reading failed".into(),
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::BadAddress(_) => "Give it as postgresql://user@host:5432/database with --database-url or \
                 DATABASE_URL, or set PGHOST, PGPORT, PGUSER and PGDATABASE."
                .into(),
            Self::NoServer(_) => "Check host and port, and that the server runs.".into(),
            Self::UnknownHost(_) => "Check the host in the address, and the network.".into(),
            Self::NotReady(_) => "It is starting or shutting down.".into(),
            Self::NeedsPassword => format!(
                "Put it into {PASSWORD_FILE} (readable by you alone) or into PGPASSWORD, and start the viewer again."
            ),
            Self::WrongPassword(_) => format!(
                "Correct it in {PASSWORD_FILE}, PGPASSWORD or the address, and start the viewer again."
            ),
            Self::NotLetIn(_) => "Check the role’s name, that it may log in, and the server’s pg_hba.conf.".into(),
            Self::NoDatabase(_) => "Check the database in the address, or create it and the extension in it.".into(),
            Self::NoExtension { available: true } => {
                "The server has its files. Let a superuser run this in the database:".into()
            }
            Self::NoExtension { available: false } => {
                "Install pg_musicstream on the server, then run this in the database. If it is \
                 installed in a schema of its own, add that schema to the role’s search_path:"
                    .into()
            }
            Self::OtherVersion { found: Some(version), .. } if version == env!("CARGO_PKG_VERSION") => {
                "It has this viewer’s version, but lacks what is named below: check that its schema is on the \
                 role’s search_path."
                    .into()
            }
            Self::OtherVersion { found, .. } => match found {
                Some(version) => format!(
                    "The database has version {version}; this viewer needs what {} has. Update it:",
                    env!("CARGO_PKG_VERSION")
                ),
                None => "The objects are there, but differ from what this viewer reads. Update the extension:".into(),
            },
            Self::NoPrivilege(_) => "Let the owner of the extension grant the read role:".into(),
            Self::Tls(_) => "Check sslmode and sslrootcert in the address. sslmode=disable does without TLS, on \
                 networks you trust."
                .into(),
            Self::Slow(_) => "It may be overloaded, or a lock may be held.".into(),
            Self::Busy(_) => "Close other sessions or raise max_connections.".into(),
            Self::Lost(_) => "The numbers below are those read last. The viewer reconnects by itself.".into(),
            Self::Other(_) => "The server’s own words are below.".into(),
        }
    }

    /// A command that helps, to copy.
    pub fn command(&self) -> Option<&'static str> {
        match self {
            Self::NoExtension { .. } => Some("create extension pg_musicstream;"),
            // There is nothing to update to.
            Self::OtherVersion {
                found: Some(version),
                ..
            } if version == env!("CARGO_PKG_VERSION") => None,
            Self::OtherVersion { .. } => Some("alter extension pg_musicstream update;"),
            Self::NoPrivilege(_) => Some("grant musicstream_read to your_role;"),
            _ => None,
        }
    }

    /// What the server or the network said, where that adds something.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::NeedsPassword | Self::NoExtension { .. } => None,
            Self::OtherVersion { detail, .. }
            | Self::BadAddress(detail)
            | Self::NoServer(detail)
            | Self::UnknownHost(detail)
            | Self::NotReady(detail)
            | Self::WrongPassword(detail)
            | Self::NotLetIn(detail)
            | Self::NoDatabase(detail)
            | Self::NoPrivilege(detail)
            | Self::Tls(detail)
            | Self::Slow(detail)
            | Self::Busy(detail)
            | Self::Lost(detail)
            | Self::Other(detail) => Some(detail)
                .filter(|detail| !detail.is_empty())
                .map(|x| x.as_str()),
        }
    }

    /// Whether the problem may go away by itself within seconds.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::NoServer(_) | Self::NotReady(_) | Self::Slow(_) | Self::Busy(_) | Self::Lost(_)
        )
    }

    /// Whether there is no connection. Otherwise the server answered, but not with numbers.
    pub fn is_of_connection(&self) -> bool {
        match self {
            Self::BadAddress(_)
            | Self::NoServer(_)
            | Self::UnknownHost(_)
            | Self::NotReady(_)
            | Self::NeedsPassword
            | Self::WrongPassword(_)
            | Self::NotLetIn(_)
            | Self::NoDatabase(_)
            | Self::Tls(_)
            | Self::Busy(_)
            | Self::Lost(_) => true,
            Self::NoExtension { .. }
            | Self::OtherVersion { .. }
            | Self::NoPrivilege(_)
            | Self::Slow(_)
            | Self::Other(_) => false,
        }
    }

    /// For a terminal: everything in a few lines.
    pub fn paragraph(&self) -> String {
        let advice = match self {
            Self::Lost(_) => {
                "The server closed the connection or stopped answering. Run the command again."
                    .into()
            }
            _ => self.advice(),
        };
        let mut text = format!("{}\n  {advice}", self.title());
        if let Some(command) = self.command() {
            text += &format!("\n    {command}");
        }
        if let Some(detail) = self.detail() {
            text += &format!("\n  ({detail})");
        }
        text
    }

    /// Which one it is, where no connection came about.
    pub fn of_connecting(error: &ConnectError) -> Self {
        let words = || error.to_string();
        match error.cause() {
            Cause::Lookup(_) => Self::UnknownHost(words()),
            Cause::Tls(_) => Self::Tls(words()),
            Cause::PasswordMissing => Self::NeedsPassword,
            Cause::Authentication(_) => Self::NotLetIn(words()),
            Cause::Driver(cause) if cause.as_db_error().is_some() => Self::of(cause),
            _ => Self::NoServer(words()),
        }
    }

    /// Which one it is, from what the `postgres` crate reports. A table that is not there stands as
    /// [`Problem::NoExtension`] until the database was asked what it has.
    pub fn of(error: &tokio_postgres::Error) -> Self {
        let words = chain(error);
        if let Some(db) = error.as_db_error() {
            let said = db.message().to_owned();
            return match db.code().code() {
                "28P01" => Self::WrongPassword(said),
                "28000" => Self::NotLetIn(said),
                "3D000" => Self::NoDatabase(said),
                "42P01" | "3F000" => Self::NoExtension { available: false },
                "42703" | "42883" | "42804" | "42846" => Self::OtherVersion {
                    found: None,
                    detail: said,
                },
                "42501" => Self::NoPrivilege(said),
                "57P03" => Self::NotReady(said),
                "57P01" | "57P02" | "57P05" => Self::Lost(said),
                // A statement or a wait for a lock that took longer than sql/session.sql allows.
                "57014" | "55P03" => Self::Slow(said),
                "53300" => Self::Busy(said),
                _ => Self::Other(format!("{said} (SQLSTATE {})", db.code().code())),
            };
        }
        Self::of_words(&words, error.is_closed())
    }

    /// Which one it is, where an answer did not come.
    pub(super) fn of_reading(failed: &Failed) -> Self {
        match failed {
            Failed::Driver(error) => Self::of(error),
            Failed::Silent(timeout) => Self::Lost(format!(
                "the server has said nothing for {} s",
                timeout.as_secs()
            )),
        }
    }

    fn of_words(words: &str, closed: bool) -> Self {
        let has = |part: &str| words.contains(part);
        if closed || has("error communicating") || has("connection closed") {
            Self::Lost(words.into())
        } else if has("error deserializing column") || has("invalid column") {
            Self::OtherVersion {
                found: None,
                detail: words.into(),
            }
        } else {
            Self::Other(words.into())
        }
    }
}

/// An error with all its causes, each said once.
fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words = format!("{words}: {cause_words}");
        }
        source = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::client::{Client, NotConnected};
    use musicstream_connect::{Environment, Target};

    fn all() -> Vec<Problem> {
        let words = || "words".to_owned();
        vec![
            Problem::BadAddress(words()),
            Problem::NoServer(words()),
            Problem::UnknownHost(words()),
            Problem::NotReady(words()),
            Problem::NeedsPassword,
            Problem::WrongPassword(words()),
            Problem::NotLetIn(words()),
            Problem::NoDatabase(words()),
            Problem::NoExtension { available: true },
            Problem::NoExtension { available: false },
            Problem::OtherVersion {
                found: Some("0.0.9".into()),
                detail: words(),
            },
            Problem::NoPrivilege(words()),
            Problem::Tls(words()),
            Problem::Slow(words()),
            Problem::Busy(words()),
            Problem::Lost(words()),
            Problem::Other(words()),
        ]
    }

    #[test]
    fn each_has_its_own_title_and_says_what_to_do() {
        let problems = all();
        for (at, problem) in problems.iter().enumerate() {
            assert!(problem.advice().len() > 30, "{problem:?}");
            let same = problems[..at]
                .iter()
                .filter(|other| other.title() == problem.title())
                .count();
            let twin = usize::from(matches!(problem, Problem::NoExtension { available: false }));
            assert_eq!(same, twin, "{problem:?}");
        }
    }

    #[test]
    fn an_extension_of_this_version_is_not_to_be_updated() {
        let problem = |version: &str| Problem::OtherVersion {
            found: Some(version.into()),
            detail: "live_daily_metrics or musicstream_status is not on the search_path".into(),
        };
        let same = problem(env!("CARGO_PKG_VERSION")).paragraph();
        assert!(same.contains("schema is on"), "{same}");
        assert!(
            !same.contains("Update it") && !same.contains("alter extension"),
            "{same}"
        );
        let older = problem("0.0.9").paragraph();
        assert!(
            older.contains("Update it") && older.contains("alter extension"),
            "{older}"
        );
    }

    #[test]
    fn a_terminal_has_no_numbers_that_stay_and_no_second_try() {
        let lost = Problem::Lost("connection closed".into());
        assert!(lost.advice().contains("below"), "in the window they stay");
        let words = lost.paragraph();
        assert!(
            !words.contains("below") && !words.contains("by itself"),
            "{words}"
        );
        assert!(
            words.contains("Run the command again") && words.contains("(connection closed)"),
            "{words}"
        );
    }

    #[test]
    fn the_drivers_words_are_understood() {
        let cases = [("connection closed", "Lost"), ("what?", "Other")];
        for (words, name) in cases {
            let problem = format!("{:?}", Problem::of_words(words, false));
            assert!(problem.starts_with(name), "{words}: {problem}");
        }
    }

    #[test]
    fn a_host_without_a_server_is_told_from_one_that_is_unknown() {
        let problem = |url| {
            let target = Target::resolve(Some(url), &Environment::default(), "test").unwrap();
            let tls = target.connector().unwrap();
            match Client::connect(&target, &tls).err() {
                Some(NotConnected::Server(error)) => Problem::of_connecting(&error),
                _ => panic!("{url}"),
            }
        };
        assert!(matches!(
            problem("postgresql://ana@127.0.0.1:1/music"),
            Problem::NoServer(words) if words.contains("refused")
        ));
        assert!(matches!(
            problem("postgresql://ana@no-such-host.invalid/music"),
            Problem::UnknownHost(_)
        ));
    }
}
