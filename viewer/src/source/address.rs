//! Which database: a URL, else libpq's `PG*` variables, with the password from where libpq takes it.

use super::{
    passfile,
    problem::Problem,
    tls::{SslMode, Trust},
};
use postgres::config::{Config, Host};
use std::{env, path::Path, time::Duration};

/// A database to connect to. Its `Debug` and its label show no password.
#[derive(Clone)]
pub struct Address {
    config: Config,
    trust: Trust,
    label: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Address").field(&self.label).finish()
    }
}

/// Looks a variable up: the process environment, or a map in tests.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Address {
    /// From a URL or `key=value` string if there is one, else and for what it leaves open from `PG*` variables.
    ///
    /// # Errors
    /// [`Problem::BadAddress`] if it cannot be understood.
    pub fn new(url: Option<&str>) -> Result<Self, Problem> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        Self::with(url, &variable, &passfile::lookup)
    }

    fn with(
        url: Option<&str>,
        variable: Env<'_>,
        password: &dyn Fn(&str, u16, &str, &str) -> Option<String>,
    ) -> Result<Self, Problem> {
        let (text, mut tls) = take_tls_options(url.unwrap_or_default());
        let mut config: Config = text.parse().map_err(|error: postgres::Error| {
            Problem::BadAddress(without_password(&error.to_string(), url))
        })?;
        for (option, name) in [("sslmode", "PGSSLMODE"), ("sslrootcert", "PGSSLROOTCERT")] {
            if let (None, Some(value)) = (tls.get(option), variable(name)) {
                tls.set(option, value);
            }
        }
        fill_from_environment(&mut config, variable)?;
        let trust =
            Trust::new(tls.get("sslmode"), tls.get("sslrootcert")).map_err(Problem::BadAddress)?;
        config.ssl_mode(match trust.mode {
            SslMode::Disable => postgres::config::SslMode::Disable,
            SslMode::Prefer => postgres::config::SslMode::Prefer,
            _ => postgres::config::SslMode::Require,
        });
        let (host, port) = first_host(&config);
        let user = config.get_user().unwrap_or_default().to_owned();
        let database = config.get_dbname().unwrap_or(&user).to_owned();
        if config.get_password().is_none() {
            let in_file = if host.starts_with('/') {
                "localhost"
            } else {
                host.as_str()
            };
            let found =
                variable("PGPASSWORD").or_else(|| password(in_file, port, &database, &user));
            if let Some(password) = found {
                config.password(password);
            }
        }
        config
            .application_name("musicstream-viewer")
            .keepalives_idle(Duration::from_secs(30))
            .tcp_user_timeout(Duration::from_secs(15));
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        Ok(Self {
            label: format!("{database} on {host}:{port}"),
            config,
            trust,
        })
    }

    /// Database, host and port, for people.
    pub fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.trust
    }
}

fn fill_from_environment(config: &mut Config, variable: Env<'_>) -> Result<(), Problem> {
    let number = |name: &str| -> Result<Option<u16>, Problem> {
        variable(name)
            .map(|text| {
                text.parse()
                    .map_err(|_| Problem::BadAddress(format!("{name} is not a number: {text:?}")))
            })
            .transpose()
    };
    let port = number("PGPORT")?;
    if config.get_ports().is_empty() {
        config.port(port.unwrap_or(5432));
    }
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let host = variable("PGHOST").or_else(|| variable("PGHOSTADDR"));
        config.host(&host.unwrap_or_else(|| local_host(port)));
    }
    if config.get_user().is_none() {
        let user = variable("PGUSER")
            .or_else(|| variable("USER"))
            .or_else(|| variable("LOGNAME"));
        config.user(&user.unwrap_or_else(|| "postgres".into()));
    }
    if config.get_dbname().is_none() {
        let user = config.get_user().unwrap_or_default().to_owned();
        config.dbname(&variable("PGDATABASE").unwrap_or(user));
    }
    if let (None, Some(seconds)) = (config.get_connect_timeout(), number("PGCONNECT_TIMEOUT")?) {
        config.connect_timeout(Duration::from_secs(u64::from(seconds.max(2))));
    }
    Ok(())
}

/// Where libpq would look: the socket's folder if a server listens there, else the loopback address.
fn local_host(port: u16) -> String {
    ["/var/run/postgresql", "/tmp"]
        .into_iter()
        .find(|folder| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists())
        .unwrap_or("localhost")
        .to_owned()
}

fn first_host(config: &Config) -> (String, u16) {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => config
            .get_hostaddrs()
            .first()
            .map_or_else(String::new, ToString::to_string),
    };
    (host, port)
}

/// The options that the driver does not know.
#[derive(Default)]
struct TlsOptions(Vec<(&'static str, String)>);

const TLS_OPTIONS: [&str; 2] = ["sslmode", "sslrootcert"];

impl TlsOptions {
    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.0.push((name, value));
    }

    /// Whether this was one of them.
    fn take(&mut self, name: &str, value: &str) -> bool {
        match TLS_OPTIONS.into_iter().find(|known| *known == name) {
            Some(known) => self.set(known, value.trim_matches('\'').to_owned()),
            None => return false,
        }
        true
    }
}

/// Takes `sslmode` and `sslrootcert` out of a URL or of a `key=value` string.
fn take_tls_options(text: &str) -> (String, TlsOptions) {
    let mut tls = TlsOptions::default();
    let is_url = text.starts_with("postgresql://") || text.starts_with("postgres://");
    let rest = match text.split_once('?') {
        Some((base, query)) if is_url => {
            let kept: Vec<&str> = query
                .split('&')
                .filter(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    !tls.take(name, &decoded(value))
                })
                .collect();
            if kept.is_empty() {
                base.to_owned()
            } else {
                format!("{base}?{}", kept.join("&"))
            }
        }
        _ if is_url => text.to_owned(),
        _ => {
            let kept: Vec<&str> = text
                .split_whitespace()
                .filter(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    !tls.take(name, value)
                })
                .collect();
            kept.join(" ")
        }
    };
    (rest, tls)
}

/// `%2F` and its like.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An error's words, should they quote the address, without it.
fn without_password(words: &str, url: Option<&str>) -> String {
    match url {
        Some(url) if words.contains(url) => words.replace(url, "…"),
        _ => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: Option<&str>, variables: &[(&str, &str)]) -> Result<Address, Problem> {
        let variable = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Address::with(url, &variable, &|host, port, database, user| {
            Some(format!("{host}|{port}|{database}|{user}"))
        })
    }

    fn password(address: &Address) -> String {
        String::from_utf8(address.config.get_password().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn a_url_wins_over_variables_and_hides_its_password() {
        let url = "postgresql://ana:s3cret@db.example:6000/music";
        let address = address(Some(url), &[("PGHOST", "other"), ("PGUSER", "bob")]).unwrap();
        assert_eq!(address.label(), "music on db.example:6000");
        assert_eq!(address.config.get_user(), Some("ana"));
        assert_eq!(password(&address), "s3cret");
        assert!(!format!("{address:?}").contains("s3cret"));
    }

    #[test]
    fn variables_fill_what_is_open() {
        let variables = [
            ("PGHOST", "10.0.0.7"),
            ("PGPORT", "7000"),
            ("PGUSER", "ana"),
            ("PGDATABASE", "music"),
        ];
        let address = address(None, &variables).unwrap();
        assert_eq!(address.label(), "music on 10.0.0.7:7000");
        assert_eq!(password(&address), "10.0.0.7|7000|music|ana");
    }

    #[test]
    fn a_socket_is_localhost_in_the_password_file() {
        let variables = [("PGHOST", "/run/pg"), ("PGUSER", "ana")];
        let address = address(None, &variables).unwrap();
        assert_eq!(address.label(), "ana on /run/pg:5432");
        assert_eq!(password(&address), "localhost|5432|ana|ana");
    }

    #[test]
    fn tls_options_that_the_driver_refuses_are_ours() {
        let url = "postgresql://a@h/d?sslmode=verify-full&connect_timeout=3&sslrootcert=%2Fca.pem";
        let (rest, tls) = take_tls_options(url);
        assert_eq!(rest, "postgresql://a@h/d?connect_timeout=3");
        assert_eq!(tls.get("sslmode"), Some("verify-full"));
        assert_eq!(tls.get("sslrootcert"), Some("/ca.pem"));
        let (rest, tls) = take_tls_options("host=h sslmode=require user=a");
        assert_eq!(
            (rest.as_str(), tls.get("sslmode")),
            ("host=h user=a", Some("require"))
        );
        let address = address(Some("postgresql://a@h/d"), &[("PGSSLMODE", "require")]).unwrap();
        assert_eq!(address.trust.mode, SslMode::Require);
    }

    #[test]
    fn nonsense_is_a_bad_address_without_the_password() {
        for url in ["postgresql://a:s3cret@h:notaport/d", "mysql://a:s3cret@h/d"] {
            let Err(Problem::BadAddress(words)) = address(Some(url), &[]) else {
                panic!("{url} was understood");
            };
            assert!(!words.contains("s3cret"), "{words}");
        }
        assert!(address(Some("postgresql://a@h/d?sslmode=sometimes"), &[]).is_err());
        assert!(address(None, &[("PGPORT", "x")]).is_err());
    }
}
