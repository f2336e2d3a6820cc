//! Where libpq looks for the files of a user, on each platform.

use std::path::PathBuf;

/// The password file, for messages.
pub const PASSWORD_FILE: &str = if cfg!(windows) {
    r"%APPDATA%\postgresql\pgpass.conf"
} else {
    "~/.pgpass"
};

/// A file that libpq reads if no other is named.
#[derive(Debug, Clone, Copy)]
pub(crate) enum UserFile {
    Passwords,
    Services,
    Certificate,
    Key,
    RootCertificates,
    Revocations,
}

/// On Unix libpq's files are in the home folder, on Windows in `%APPDATA%\postgresql`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    Unix,
    Windows,
}

impl Platform {
    pub(crate) const HERE: Platform = if cfg!(windows) {
        Platform::Windows
    } else {
        Platform::Unix
    };

    /// The path of a file, relative to [`Platform::user_folder`].
    pub(crate) fn path_of(self, file: UserFile) -> &'static str {
        match (self, file) {
            (Platform::Unix, UserFile::Passwords) => ".pgpass",
            (Platform::Windows, UserFile::Passwords) => "pgpass.conf",
            (_, UserFile::Services) => ".pg_service.conf",
            (Platform::Unix, UserFile::Certificate) => ".postgresql/postgresql.crt",
            (Platform::Windows, UserFile::Certificate) => "postgresql.crt",
            (Platform::Unix, UserFile::Key) => ".postgresql/postgresql.key",
            (Platform::Windows, UserFile::Key) => "postgresql.key",
            (Platform::Unix, UserFile::RootCertificates) => ".postgresql/root.crt",
            (Platform::Windows, UserFile::RootCertificates) => "root.crt",
            (Platform::Unix, UserFile::Revocations) => ".postgresql/root.crl",
            (Platform::Windows, UserFile::Revocations) => "root.crl",
        }
    }

    /// The folder of the user who runs this process.
    pub(crate) fn user_folder(self) -> Option<PathBuf> {
        let folder = match self {
            Platform::Unix => std::env::home_dir(),
            Platform::Windows => {
                std::env::var_os("APPDATA").map(|data| PathBuf::from(data).join("postgresql"))
            }
        };
        folder.filter(|folder| !folder.as_os_str().is_empty())
    }
}
