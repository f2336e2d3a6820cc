//! The hosts of a connection, each with its port.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use crate::environment::Environment;
use crate::error::SettingError;
use crate::settings::Settings;

const DEFAULT_PORT: u16 = 5432;

/// A server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: Host,
    /// The address, if it is known without name resolution.
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// A name or address; a certificate must be issued for it.
    Tcp(String),
    /// The directory of a socket.
    Socket(String),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Tcp(name) if name.parse::<Ipv6Addr>().is_ok() => {
                write!(f, "[{name}]:{}", self.port)
            }
            Host::Tcp(name) | Host::Socket(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl Endpoint {
    /// The name of this host in the password file.
    pub(crate) fn name_in_passfile(&self, environment: &Environment) -> &str {
        match &self.host {
            Host::Socket(folder) if is_default_folder(folder, environment) => "localhost",
            Host::Socket(name) | Host::Tcp(name) => name,
        }
    }

    pub(crate) fn is_socket(&self) -> bool {
        matches!(self.host, Host::Socket(_))
    }
}

fn is_default_folder(folder: &str, environment: &Environment) -> bool {
    environment
        .socket_folders()
        .iter()
        .any(|usual| usual == Path::new(folder))
}

/// The servers to try, in order.
///
/// # Errors
/// A port or address is invalid, or their number differs from that of the hosts.
pub(crate) fn all(
    settings: &Settings,
    environment: &Environment,
) -> Result<Vec<Endpoint>, SettingError> {
    let list = |name| -> Option<Vec<&str>> {
        Some(settings.value(name)?.split(',').map(str::trim).collect())
    };
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = addresses.as_ref().or(hosts.as_ref()).map_or(1, Vec::len);
    if let (Some(hosts), Some(setting)) = (&hosts, settings.get("hostaddr"))
        && hosts.len() != count
    {
        return Err(setting.not_understood(format!(
            "as many addresses as there are hosts ({})",
            hosts.len()
        )));
    }
    if let (Some(ports), Some(setting)) = (&ports, settings.get("port"))
        && ports.len() != 1
        && ports.len() != count
    {
        return Err(
            setting.not_understood(format!("one port, or as many as there are hosts ({count})"))
        );
    }
    (0..count)
        .map(|at| {
            let entry = |list: &Option<Vec<_>>| list.as_ref().map_or("", |list| list[at]);
            let port = match &ports {
                Some(ports) => parse_port(ports.get(at).unwrap_or(&ports[0]), settings)?,
                None => DEFAULT_PORT,
            };
            let address = parse_address(entry(&addresses), settings)?;
            let host = match (entry(&hosts), address) {
                ("", Some(address)) => Host::Tcp(address.to_string()),
                ("", None) => default_host(port, environment),
                (name, None) => host(name, settings)?,
                (name, Some(_)) => Host::Tcp(name.to_owned()),
            };
            // An address as the host name needs no name resolution either.
            let address = address.or(match &host {
                Host::Tcp(name) => name.parse().ok(),
                Host::Socket(_) => None,
            });
            Ok(Endpoint {
                host,
                address,
                port,
            })
        })
        .collect()
}

fn host(name: &str, settings: &Settings) -> Result<Host, SettingError> {
    let is_folder = name.starts_with('/');
    if name.starts_with('@') || (is_folder && !cfg!(unix)) {
        return match settings.get("host") {
            Some(setting) if is_folder => {
                Err(setting.unsupported("there are no sockets here; name a host"))
            }
            Some(setting) => {
                Err(setting.unsupported("an abstract socket; name its folder or a host"))
            }
            None => Ok(Host::Tcp(name.to_owned())),
        };
    }
    Ok(if is_folder {
        Host::Socket(name.to_owned())
    } else {
        Host::Tcp(name.to_owned())
    })
}

/// The socket of a server on this machine, if there is one; otherwise localhost by TCP.
fn default_host(port: u16, environment: &Environment) -> Host {
    let folder = environment
        .socket_folders()
        .iter()
        .find(|folder| folder.join(format!(".s.PGSQL.{port}")).exists());
    folder.map_or_else(
        || Host::Tcp("localhost".to_owned()),
        |folder| Host::Socket(folder.to_string_lossy().into_owned()),
    )
}

fn parse_port(text: &str, settings: &Settings) -> Result<u16, SettingError> {
    let Some(setting) = settings.get("port").filter(|_| !text.is_empty()) else {
        return Ok(DEFAULT_PORT);
    };
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
        setting.not_understood(
            "a number from 1 to 65535; in the user or password of a URL write : as %3A, / as %2F and @ as %40",
        )
    })
}

fn parse_address(text: &str, settings: &Settings) -> Result<Option<IpAddr>, SettingError> {
    let Some(setting) = settings.get("hostaddr").filter(|_| !text.is_empty()) else {
        return Ok(None);
    };
    let address = text.parse();
    address
        .map(Some)
        .map_err(|_| setting.not_understood("a numeric IP address, and a name with host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, variables: &[(&str, &str)]) -> Result<String, SettingError> {
        let environment = Environment::of_variables(variables.iter().copied());
        let endpoints = all(&Settings::collect(text, &environment)?, &environment)?;
        let shown: Vec<String> = endpoints
            .iter()
            .map(|endpoint| match (&endpoint.host, endpoint.address) {
                (Host::Tcp(name), Some(address)) if *name != address.to_string() => {
                    format!("{endpoint} at {address}")
                }
                _ => endpoint.to_string(),
            })
            .collect();
        Ok(shown.join(" "))
    }

    #[test]
    fn hosts_addresses_and_ports_are_paired_by_position() {
        for (text, endpoints) in [
            ("host=a,b port=1", "a:1 b:1"),
            ("host=a,b,c port=1,,3", "a:1 b:5432 c:3"),
            ("host=a, port=1,2", "a:1 localhost:2"),
            ("hostaddr=127.0.0.1", "127.0.0.1:5432"),
            (
                "host=a,b hostaddr=127.0.0.1,::1",
                "a:5432 at 127.0.0.1 b:5432 at ::1",
            ),
            ("host=a,b hostaddr=,::1", "a:5432 b:5432 at ::1"),
            ("host=::1", "[::1]:5432"),
            ("postgresql://a:1,/d", "a:1 localhost:5432"),
        ] {
            assert_eq!(shown(text, &[]).as_deref(), Ok(endpoints), "{text}");
        }
        assert_eq!(
            shown("postgresql://a/d", &[("PGPORT", "7")]).as_deref(),
            Ok("a:7"),
            "a URL without a port leaves it open"
        );
        assert_eq!(
            shown("", &[("PGHOSTADDR", "10.0.0.7")]).as_deref(),
            Ok("10.0.0.7:5432")
        );
    }

    #[test]
    fn errors_name_the_setting() {
        let error = |text, variables: &[_]| shown(text, variables).unwrap_err().to_string();
        assert!(
            error("", &[("PGPORT", "x")]).starts_with("PGPORT is not understood: write a number")
        );
        assert!(error("port=0", &[]).starts_with("port in the connection string"));
        assert!(error("host=a,b,c port=1,2", &[]).contains("as many as there are hosts (3)"));
        assert!(error("host=a hostaddr=::1,::1", &[]).contains("as many addresses"));
        assert!(error("hostaddr=db.example", &[]).contains("numeric IP address"));
        assert!(error("host=@abstract", &[]).contains("abstract socket"));
        let secret = error("postgresql://ana:s3cret/more@h/d", &[]);
        assert!(!secret.contains("s3cret"), "{secret}");
        let secret = error("postgresql://ana:s3cret", &[]);
        assert!(!secret.contains("s3cret"), "{secret}");
    }

    #[cfg(unix)]
    #[test]
    fn without_a_host_the_socket_of_a_local_server_is_used() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".s.PGSQL.6000"), "").unwrap();
        let environment = Environment::default().with_socket_folder(folder.path());
        let endpoint = |text| {
            all(
                &Settings::collect(text, &environment).unwrap(),
                &environment,
            )
            .unwrap()
            .remove(0)
        };
        let path = folder.path().to_str().unwrap();
        assert_eq!(endpoint("port=6000").to_string(), format!("{path}:6000"));
        assert_eq!(
            endpoint("port=6000").name_in_passfile(&environment),
            "localhost"
        );
        assert_eq!(endpoint("").to_string(), "localhost:5432");
        assert_eq!(
            endpoint("host=/run/other").name_in_passfile(&environment),
            "/run/other"
        );
        assert_eq!(endpoint("host=h").name_in_passfile(&environment), "h");
    }
}
