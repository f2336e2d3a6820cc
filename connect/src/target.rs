//! The database that a connection string and its environment describe.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, SslNegotiation};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::endpoint::{self, Endpoint};
use crate::environment::Environment;
use crate::error::{SettingError, Warning};
use crate::passfile;
use crate::session_kind::{SESSION_KINDS, SessionKind};
use crate::settings::Settings;
use crate::tls::Tls;
use crate::user_file::UserFile;

/// libpq has no limit, but a program that retries needs one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// If a network drops packets, a statement must fail before the kernel gives up, which takes about 15 minutes.
const KEEPALIVES_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVES_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVES_COUNT: u32 = 3;
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);

/// A database to connect to. Its `Debug` shows no password.
#[derive(Clone)]
pub struct Target {
    pub(crate) endpoints: Vec<Endpoint>,
    /// One for each endpoint.
    pub(crate) passwords: Vec<Option<String>>,
    /// All parameters except host, password and TLS.
    pub(crate) base: Config,
    pub(crate) tls: Tls,
    pub(crate) session: SessionKind,
    pub(crate) is_balanced: bool,
    warnings: Vec<Warning>,
}

impl Target {
    /// The database of a connection string; parameters that it leaves out come from the environment. `program` is the default
    /// of `application_name`.
    ///
    /// Where libpq would wait without a limit there are defaults: 10 s to connect (`connect_timeout`), 30 s for an answer of
    /// the network (`tcp_user_timeout`, `keepalives_*`).
    ///
    /// # Errors
    /// A setting is invalid or not supported. The message shows no value that may be secret.
    pub fn resolve(
        text: Option<&str>,
        environment: &Environment,
        program: &str,
    ) -> Result<Target, SettingError> {
        let settings = Settings::collect(text.unwrap_or_default(), environment)?;
        refuse_unsupported(&settings)?;
        let endpoints = endpoint::all(&settings, environment)?;
        let mut tls = Tls::new(&settings, environment)?;
        if endpoints.iter().all(Endpoint::is_socket) {
            tls = Tls::none();
        } else {
            tls.check()?;
        }
        let user = settings.value("user").or(environment.user());
        let user = user.ok_or_else(|| SettingError::Combination {
            problem: "no user is named, and the system does not know who runs this".to_owned(),
            instead: "set PGUSER, or write postgresql://user@host/database".to_owned(),
        })?;
        let mut base = base(&settings, program)?;
        base.user(user);
        base.dbname(settings.value("dbname").unwrap_or(user));
        if tls.is_direct {
            base.ssl_negotiation(SslNegotiation::Direct);
        }
        let mut target = Target {
            passwords: vec![settings.value("password").map(str::to_owned); endpoints.len()],
            endpoints,
            base,
            tls,
            session: settings
                .choice("target_session_attrs", &SESSION_KINDS)?
                .unwrap_or(SessionKind::Any),
            is_balanced: settings
                .choice(
                    "load_balance_hosts",
                    &[("disable", false), ("random", true)],
                )?
                .unwrap_or_default(),
            warnings: Vec::new(),
        };
        if settings.value("password").is_none() {
            let file = settings.value("passfile").map(PathBuf::from);
            let file = file.or_else(|| environment.user_file(UserFile::Passwords));
            target.take_passwords(file, environment);
        }
        Ok(target)
    }

    /// [`Target::resolve`] with the environment of this process.
    ///
    /// # Errors
    /// As [`Target::resolve`].
    pub fn of_process(text: Option<&str>, program: &str) -> Result<Target, SettingError> {
        Target::resolve(text, &Environment::of_process(), program)
    }

    /// Replaces the password.
    pub fn with_password(mut self, password: &str) -> Target {
        self.passwords.fill(Some(password.to_owned()));
        self
    }

    /// The TLS configuration; reads the files that the settings name.
    ///
    /// # Errors
    /// A file cannot be read, or has the wrong content.
    pub fn connector(&self) -> Result<MakeRustlsConnect, SettingError> {
        self.tls.connector()
    }

    /// Host and port, or a socket's directory and port; separated by commas if there are several.
    pub fn server(&self) -> String {
        let all: Vec<String> = self.endpoints.iter().map(Endpoint::to_string).collect();
        all.join(",")
    }

    /// Server and database, for messages.
    pub fn name(&self) -> String {
        format!("{}/{}", self.server(), self.database())
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        self.base.get_dbname().unwrap_or_default()
    }

    /// The role that connects.
    pub fn user(&self) -> &str {
        self.base.get_user().unwrap_or_default()
    }

    /// Password files that were ignored.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The time limit of an attempt.
    pub(crate) fn connect_timeout(&self) -> Option<Duration> {
        self.base.get_connect_timeout().copied()
    }

    fn take_passwords(&mut self, file: Option<PathBuf>, environment: &Environment) {
        let Some(file) = file else { return };
        let content = passfile::read(&file).unwrap_or_else(|warning| {
            self.warnings.push(warning);
            String::new()
        });
        for (endpoint, password) in self.endpoints.iter().zip(&mut self.passwords) {
            *password = passfile::find(
                &content,
                endpoint.name_in_passfile(environment),
                endpoint.port,
                self.base.get_dbname().unwrap_or_default(),
                self.base.get_user().unwrap_or_default(),
            );
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("server", &self.server())
            .field("database", &self.database())
            .field("user", &self.user())
            .field("has_password", &self.passwords.iter().any(Option::is_some))
            .field("tls", &self.tls)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// The driver's configuration without host, user and TLS.
fn base(settings: &Settings, program: &str) -> Result<Config, SettingError> {
    let mut config = Config::new();
    let name = settings
        .value("application_name")
        .or(settings.value("fallback_application_name"));
    config.application_name(name.unwrap_or(program));
    if let Some(options) = settings.value("options") {
        config.options(options);
    }
    let channel_bindings = [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    if let Some(binding) = settings.choice("channel_binding", &channel_bindings)? {
        config.channel_binding(binding);
    }
    let seconds = |name| settings.number::<i64>(name, "a number of seconds");
    match seconds("connect_timeout")? {
        // As in libpq, 0 means no limit, and the minimum is 2 s.
        Some(..=0) => {}
        Some(limit) => {
            config.connect_timeout(whole_seconds(limit.max(2)));
        }
        None => {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
    }
    if let Some(switch) = settings.number::<i32>("keepalives", "1 or 0")? {
        config.keepalives(switch != 0);
    }
    // Zero leaves each of these at the default of the system.
    match seconds("keepalives_idle")? {
        Some(..=0) => {}
        Some(idle) => {
            config.keepalives_idle(whole_seconds(idle));
        }
        None => {
            config.keepalives_idle(KEEPALIVES_IDLE);
        }
    }
    match seconds("keepalives_interval")? {
        Some(..=0) => {}
        Some(interval) => {
            config.keepalives_interval(whole_seconds(interval));
        }
        None => {
            config.keepalives_interval(KEEPALIVES_INTERVAL);
        }
    }
    match settings.number::<u32>("keepalives_count", "a number of probes")? {
        Some(0) => {}
        count => {
            config.keepalives_retries(count.unwrap_or(KEEPALIVES_COUNT));
        }
    }
    match settings.number::<i64>("tcp_user_timeout", "a number of milliseconds")? {
        Some(..=0) => {}
        Some(limit) => {
            config.tcp_user_timeout(Duration::from_millis(limit.unsigned_abs()));
        }
        None => {
            config.tcp_user_timeout(TCP_USER_TIMEOUT);
        }
    }
    Ok(config)
}

fn whole_seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}

fn refuse_unsupported(settings: &Settings) -> Result<(), SettingError> {
    if let Some(encoding) = settings.get("client_encoding") {
        let name = encoding.value.to_ascii_lowercase().replace(['-', '_'], "");
        if !["utf8", "unicode", "auto"].contains(&name.as_str()) {
            return Err(encoding.unsupported(
                "the program always uses UTF-8, for databases of any encoding; leave it out",
            ));
        }
    }
    if let Some(mode) = settings.get("gssencmode")
        && settings.choice(
            "gssencmode",
            &[("disable", false), ("prefer", false), ("require", true)],
        )? == Some(true)
    {
        return Err(mode.unsupported("GSSAPI is not built in; use TLS with sslmode"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
