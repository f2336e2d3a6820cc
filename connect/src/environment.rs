//! The environment of a connection: variables, and the home folder and name of the user.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use crate::error::SettingError;
use crate::user_file::{Platform, UserFile};

/// Default directories of sockets: of Debian and Red Hat, and of Postgres itself.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// The service file of all users, in distributions.
const SHARED_SERVICES: &str = "/etc/postgresql-common/pg_service.conf";

/// The environment of the process, or one made for a test.
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    platform: Platform,
    /// The user's home folder; on Windows libpq's folder below `%APPDATA%`.
    home: Option<PathBuf>,
    user: Option<String>,
    socket_folders: Vec<PathBuf>,
}

impl Default for Environment {
    fn default() -> Environment {
        Environment {
            variables: BTreeMap::new(),
            platform: Platform::HERE,
            home: None,
            user: None,
            socket_folders: Vec::new(),
        }
    }
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Environment {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Environment {
            variables: std::env::vars_os()
                .filter(|(name, _)| name.to_string_lossy().starts_with("PG"))
                .collect(),
            platform: Platform::HERE,
            home: Platform::HERE.user_folder(),
            // In a container the uid may have no name in the system, while the shell sets USER.
            user: whoami::username()
                .ok()
                .or_else(|| variable("USER"))
                .or_else(|| variable("LOGNAME"))
                .or_else(|| variable("USERNAME")),
            socket_folders: if cfg!(unix) {
                SOCKET_FOLDERS.map(PathBuf::from).into()
            } else {
                Vec::new()
            },
        }
    }

    /// An environment with these variables, without a home folder, a user, or a server on this machine.
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

    /// Sets the home folder, which contains `.pgpass`, `.pg_service.conf` and `.postgresql/`. On Windows it is the folder of
    /// `pgpass.conf`.
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Environment {
        self.home = Some(home.into());
        self
    }

    /// Sets the operating system's user, which is the default for the database's user.
    pub fn with_user(mut self, user: impl Into<String>) -> Environment {
        self.user = Some(user.into());
        self
    }

    /// Adds a directory in which a server on this machine may have its socket.
    pub fn with_socket_folder(mut self, folder: impl Into<PathBuf>) -> Environment {
        self.socket_folders.push(folder.into());
        self
    }

    /// The value of a variable; an empty one counts as not set.
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

    /// Uses the paths of Windows.
    #[cfg(test)]
    pub(crate) fn on_windows(mut self) -> Environment {
        self.platform = Platform::Windows;
        self
    }

    /// The path of a user's file, which may not exist.
    pub(crate) fn user_file(&self, file: UserFile) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(self.platform.path_of(file)))
    }

    /// The service file of all users if no variable names its folder. Only Unix distributions have a default.
    pub(crate) fn shared_services(&self) -> Option<PathBuf> {
        (self.platform == Platform::Unix).then(|| PathBuf::from(SHARED_SERVICES))
    }

    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Directories in which a server on this machine may have its socket.
    pub(crate) fn socket_folders(&self) -> &[PathBuf] {
        &self.socket_folders
    }
}

/// Shows only the names of the variables, because one of them may contain a password.
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
    fn debug_shows_no_values() {
        let environment = Environment::of_variables([("PGPASSWORD", "s3cret")]);
        assert_eq!(environment.variable("PGPASSWORD"), Ok(Some("s3cret")));
        let shown = format!("{environment:?}");
        assert!(
            shown.contains("PGPASSWORD") && !shown.contains("s3cret"),
            "{shown}"
        );
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let environment = Environment::of_variables([("PGHOST", "")]);
        assert_eq!(environment.variable("PGHOST"), Ok(None));
        assert_eq!(environment.variable("PGPORT"), Ok(None));
    }

    #[test]
    fn user_files_are_at_libpqs_paths() {
        let unix = Environment {
            platform: Platform::Unix,
            ..Environment::default().with_home("home")
        };
        let windows = unix.clone().on_windows();
        for (file, on_unix, on_windows) in [
            (UserFile::Passwords, "home/.pgpass", "home/pgpass.conf"),
            (
                UserFile::Services,
                "home/.pg_service.conf",
                "home/.pg_service.conf",
            ),
            (
                UserFile::Key,
                "home/.postgresql/postgresql.key",
                "home/postgresql.key",
            ),
        ] {
            assert_eq!(unix.user_file(file), Some(PathBuf::from(on_unix)));
            assert_eq!(windows.user_file(file), Some(PathBuf::from(on_windows)));
        }
        assert!(unix.shared_services().is_some() && windows.shared_services().is_none());
        assert_eq!(Environment::default().user_file(UserFile::Passwords), None);
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
