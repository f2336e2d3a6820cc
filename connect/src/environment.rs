//! What the process has around it: variables, the user's home and name.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use crate::error::SettingError;

/// Where servers have their sockets: as Debian and Red Hat build them, and as Postgres does by itself.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// The environment of a connection: that of the process, or one made for a test.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    home: Option<PathBuf>,
    user: Option<String>,
    socket_folders: Vec<PathBuf>,
}

impl Environment {
    /// That of this process.
    pub fn of_process() -> Environment {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Environment {
            variables: std::env::vars_os()
                .filter(|(name, _)| name.to_string_lossy().starts_with("PG"))
                .collect(),
            home: std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            // Where the system does not know the user, as in a container, the shell may.
            user: whoami::username()
                .ok()
                .or_else(|| variable("USER"))
                .or_else(|| variable("LOGNAME")),
            socket_folders: if cfg!(unix) {
                SOCKET_FOLDERS.map(PathBuf::from).into()
            } else {
                Vec::new()
            },
        }
    }

    /// One with these variables, no home, no user and no server on this machine.
    pub fn of_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Environment
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        Environment {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            ..Environment::default()
        }
    }

    /// The same with a home: where `.pgpass`, `.pg_service.conf` and `.postgresql/` are looked for.
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Environment {
        self.home = Some(home.into());
        self
    }

    /// The same with a user of the operating system, who is the database's user where none is named.
    pub fn with_user(mut self, user: impl Into<String>) -> Environment {
        self.user = Some(user.into());
        self
    }

    /// The same with a folder where the socket of a server on this machine may be.
    pub fn with_socket_folder(mut self, folder: impl Into<PathBuf>) -> Environment {
        self.socket_folders.push(folder.into());
        self
    }

    /// A variable that is set to something.
    pub(crate) fn variable(&self, name: &'static str) -> Result<Option<&str>, SettingError> {
        match self
            .variables
            .get(OsStr::new(name))
            .map(|value| value.to_str())
        {
            None | Some(Some("")) => Ok(None),
            Some(Some(value)) => Ok(Some(value)),
            Some(None) => Err(SettingError::Value {
                setting: name.to_owned(),
                instead: "it in UTF-8".to_owned(),
            }),
        }
    }

    /// A file below the home.
    pub(crate) fn at_home(&self, path: &str) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(path))
    }

    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The first that counts is the one with the server's socket.
    pub(crate) fn socket_folders(&self) -> &[PathBuf] {
        &self.socket_folders
    }
}

/// Shows the variables' names only: one of them may hold a password.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("home", &self.home)
            .field("user", &self.user)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_values() {
        let environment = Environment::of_variables([("PGPASSWORD", "s3cret")]);
        assert_eq!(environment.variable("PGPASSWORD"), Ok(Some("s3cret")));
        let shown = format!("{environment:?}");
        assert!(
            shown.contains("PGPASSWORD") && !shown.contains("s3cret"),
            "{shown}"
        );
    }

    #[test]
    fn an_empty_variable_is_none() {
        let environment = Environment::of_variables([("PGHOST", "")]);
        assert_eq!(environment.variable("PGHOST"), Ok(None));
        assert_eq!(environment.variable("PGPORT"), Ok(None));
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_in_another_encoding_is_named() {
        use std::os::unix::ffi::OsStringExt;
        let latin = OsString::from_vec(b"m\xfcsik".to_vec());
        let environment = Environment::of_variables([(OsString::from("PGDATABASE"), latin)]);
        let error = environment.variable("PGDATABASE").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("PGDATABASE is not understood")
        );
    }
}
