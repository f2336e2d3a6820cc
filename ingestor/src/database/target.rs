//! Which database: a URL or key=value string, and libpq's variables for what it leaves out.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::{DatabaseError, passfile};
use crate::cli::DatabaseArgs;

/// How far TLS is asked for and checked, as in libpq.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsMode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// A database to connect to.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(super) config: Config,
    pub(super) tls: TlsMode,
    pub(super) root_certificate: Option<PathBuf>,
}

/// The environment, as a function so that tests need not change it.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Target {
    /// The database that flags and environment name.
    ///
    /// # Errors
    /// A setting that cannot be understood; the message does not show its value.
    pub(crate) fn from_args(args: &DatabaseArgs) -> Result<Target, DatabaseError> {
        Target::resolve(args.database_url.as_deref().unwrap_or_default(), &|name| {
            std::env::var(name).ok().filter(|value| !value.is_empty())
        })
    }

    fn resolve(url: &str, variables: Variables<'_>) -> Result<Target, DatabaseError> {
        let (plain, own) = take_own_settings(url);
        let mut config: Config = plain.parse().map_err(|error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            DatabaseError::config(format!(
                "the database URL cannot be understood: {}",
                cause.unwrap_or_else(|| error.to_string())
            ))
        })?;
        fill(&mut config, variables)?;
        if config.get_password().is_none() {
            let file = own
                .passfile
                .or_else(|| variables("PGPASSFILE").map(PathBuf::from))
                .or_else(|| variables("HOME").map(|home| Path::new(&home).join(".pgpass")));
            fill_password(&mut config, file.as_deref());
        }
        let tls = parse_mode(
            own.sslmode
                .or_else(|| variables("PGSSLMODE"))
                .as_deref()
                .unwrap_or("prefer"),
        )?;
        config.ssl_mode(match tls {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            _ => SslMode::Require,
        });
        let root_certificate = own
            .sslrootcert
            .or_else(|| variables("PGSSLROOTCERT").map(PathBuf::from))
            .or_else(|| {
                let usual = Path::new(&variables("HOME")?).join(".postgresql/root.crt");
                usual.exists().then_some(usual)
            });
        // A network that swallows packets must not hold a batch for the kernel's quarter of an hour.
        config
            .keepalives_idle(Duration::from_secs(30))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(30));
        Ok(Target {
            config,
            tls,
            root_certificate,
        })
    }

    /// Host, port and database, for messages; no user, no password.
    pub(crate) fn name(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => "localhost".to_owned(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        format!(
            "{host}:{port}/{}",
            self.config.get_dbname().unwrap_or_default()
        )
    }
}

/// Settings of libpq that the driver does not take.
#[derive(Debug, Default)]
struct OwnSettings {
    sslmode: Option<String>,
    sslrootcert: Option<PathBuf>,
    passfile: Option<PathBuf>,
}

impl OwnSettings {
    /// Keeps a setting if it is one of these.
    fn take(&mut self, key: &str, value: &str) -> bool {
        match key {
            "sslmode" => self.sslmode = Some(value.to_owned()),
            "sslrootcert" => self.sslrootcert = Some(value.into()),
            "passfile" => self.passfile = Some(value.into()),
            _ => return false,
        }
        true
    }
}

/// Separates what the driver does not take from a URL or key=value string.
fn take_own_settings(text: &str) -> (String, OwnSettings) {
    let mut own = OwnSettings::default();
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let Some((base, query)) = text.split_once('?') else {
            return (text.to_owned(), own);
        };
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                !own.take(key, &percent_decoded(value))
            })
            .collect();
        return (format!("{base}?{}", kept.join("&")), own);
    }
    // Values of ours hold no blanks in practice; those that are quoted stay with the driver.
    let kept: Vec<&str> = text
        .split_whitespace()
        .filter(|pair| match pair.split_once('=') {
            Some((key, value)) => !own.take(key, value),
            None => true,
        })
        .collect();
    if own.sslmode.is_none() && own.sslrootcert.is_none() && own.passfile.is_none() {
        return (text.to_owned(), own);
    }
    (kept.join(" "), own)
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = text
            .get(at + 1..at + 3)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, code) {
            (b'%', Some(code)) => {
                decoded.push(code);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// What the URL leaves out comes from the PG* variables, then from libpq's defaults.
fn fill(config: &mut Config, variables: Variables<'_>) -> Result<(), DatabaseError> {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        let hosts = variables("PGHOST").unwrap_or_else(|| default_host().to_owned());
        for host in hosts.split(',') {
            config.host(host);
        }
    }
    if config.get_ports().is_empty() {
        for port in variables("PGPORT")
            .unwrap_or_else(|| "5432".to_owned())
            .split(',')
        {
            config.port(
                port.parse()
                    .map_err(|_| DatabaseError::config("PGPORT is not a port number"))?,
            );
        }
    }
    if config.get_user().is_none() {
        let user = variables("PGUSER")
            .or_else(|| variables("USER"))
            .unwrap_or_else(|| "postgres".to_owned());
        config.user(user);
    }
    if config.get_dbname().is_none() {
        let user = config.get_user().unwrap_or_default().to_owned();
        config.dbname(variables("PGDATABASE").unwrap_or(user));
    }
    if config.get_password().is_none()
        && let Some(password) = variables("PGPASSWORD")
    {
        config.password(password);
    }
    if config.get_options().is_none()
        && let Some(options) = variables("PGOPTIONS")
    {
        config.options(options);
    }
    if config.get_connect_timeout().is_none() {
        let seconds = variables("PGCONNECT_TIMEOUT")
            .and_then(|text| text.parse().ok())
            .filter(|seconds| *seconds > 0);
        config.connect_timeout(Duration::from_secs(seconds.unwrap_or(10)));
    }
    Ok(())
}

/// libpq takes the server's socket if there is one; the folder is the distribution's.
fn default_host() -> &'static str {
    if Path::new("/var/run/postgresql").is_dir() {
        "/var/run/postgresql"
    } else {
        "localhost"
    }
}

fn fill_password(config: &mut Config, file: Option<&Path>) {
    let Some(content) = file.and_then(|path| std::fs::read_to_string(path).ok()) else {
        return;
    };
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        _ => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let (database, user) = (
        config.get_dbname().unwrap_or_default(),
        config.get_user().unwrap_or_default(),
    );
    if let Some(password) = passfile::find(&content, &host, port, database, user) {
        config.password(password);
    }
}

fn parse_mode(text: &str) -> Result<TlsMode, DatabaseError> {
    Ok(match text {
        "disable" => TlsMode::Disable,
        // libpq's `allow` tries plain first; trying TLS first is never worse.
        "allow" | "prefer" => TlsMode::Prefer,
        "require" => TlsMode::Require,
        "verify-ca" => TlsMode::VerifyCa,
        "verify-full" => TlsMode::VerifyFull,
        _ => {
            return Err(DatabaseError::config(
                "sslmode is none of disable, prefer, require, verify-ca, verify-full",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(url: &str, variables: &[(&str, &str)]) -> Target {
        Target::resolve(url, &|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    #[test]
    fn url_wins_over_variables() {
        let target = resolve(
            "postgresql://ann:secret@db.example:6000/music?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&application_name=x",
            &[
                ("PGHOST", "other"),
                ("PGPASSWORD", "no"),
                ("PGSSLMODE", "disable"),
            ],
        );
        assert_eq!(target.name(), "db.example:6000/music");
        assert_eq!(target.config.get_password(), Some(&b"secret"[..]));
        assert_eq!(target.tls, TlsMode::VerifyFull);
        assert_eq!(
            target.root_certificate.as_deref(),
            Some(Path::new("/etc/ca.pem"))
        );
        assert_eq!(target.config.get_application_name(), Some("x"));
    }

    #[test]
    fn variables_fill_in() {
        let target = resolve(
            "",
            &[
                ("PGHOST", "h"),
                ("PGPORT", "6001"),
                ("PGUSER", "u"),
                ("PGPASSWORD", "p"),
                ("PGSSLMODE", "require"),
            ],
        );
        assert_eq!(target.name(), "h:6001/u");
        assert_eq!(target.config.get_password(), Some(&b"p"[..]));
        assert_eq!(target.config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn key_value_strings() {
        let target = resolve(
            "host=h dbname=d user=u sslmode=verify-ca sslrootcert=/ca.pem",
            &[],
        );
        assert_eq!(target.name(), "h:5432/d");
        assert_eq!(target.tls, TlsMode::VerifyCa);
        assert_eq!(
            resolve("host=h user=u password='a b'", &[])
                .config
                .get_password(),
            Some(&b"a b"[..])
        );
    }

    #[test]
    fn errors_show_no_secret() {
        let error = Target::resolve("postgresql://ann:secret@h:notaport/d", &|_| None).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(Target::resolve("host=h sslmode=sometimes", &|_| None).is_err());
    }

    #[test]
    fn password_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pass");
        std::fs::write(&file, "h:5432:d:u:from-file\n").unwrap();
        let path = file.to_str().unwrap();
        let target = resolve("postgresql://u@h/d", &[("PGPASSFILE", path)]);
        assert_eq!(target.config.get_password(), Some(&b"from-file"[..]));
        let target = resolve("postgresql://u@h/other", &[("PGPASSFILE", path)]);
        assert_eq!(target.config.get_password(), None);
    }
}
