//! Which server to try next, and how, in libpq's order. Pure: without a network.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::IpAddr;

use tokio_postgres::Config;
use tokio_postgres::config::SslMode as DriverMode;
use tokio_postgres::error::SqlState;

use crate::endpoint::Host;
use crate::error::{Cause, ConnectError, Failure};
use crate::session_kind::SessionKind;
use crate::target::Target;
use crate::tls::SslMode;

/// The next step.
#[derive(Debug)]
pub(crate) enum Step {
    /// Resolve a host name, and pass the result to [`Plan::resolved`].
    Resolve { host: String, port: u16 },
    /// Connect, and call [`Plan::failed`] if that fails.
    Connect(Attempt),
}

/// One attempt to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Index of the target's endpoint.
    pub(crate) endpoint: usize,
    pub(crate) address: Option<IpAddr>,
    pub(crate) tls: DriverMode,
    /// The TLS mode of a second attempt, if the server refuses the first one.
    otherwise: Option<DriverMode>,
    /// The required kind of session.
    pub(crate) session: SessionKind,
}

impl Attempt {
    /// The first attempt at an endpoint.
    pub(crate) fn first(target: &Target, endpoint: usize, address: Option<IpAddr>) -> Attempt {
        let (tls, otherwise) = match target.tls.mode {
            // As in libpq there is no TLS on sockets, whatever sslmode says.
            _ if target.endpoints[endpoint].is_socket() => (DriverMode::Disable, None),
            SslMode::Disable => (DriverMode::Disable, None),
            SslMode::Allow => (DriverMode::Disable, Some(DriverMode::Require)),
            SslMode::Prefer => (DriverMode::Prefer, Some(DriverMode::Disable)),
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                (DriverMode::Require, None)
            }
        };
        Attempt {
            endpoint,
            address,
            tls,
            otherwise,
            session: target.session,
        }
    }

    /// The driver's configuration for this attempt.
    pub(crate) fn config(&self, target: &Target) -> Config {
        let endpoint = &target.endpoints[self.endpoint];
        let mut config = target.base.clone();
        config.port(endpoint.port).ssl_mode(self.tls);
        match &endpoint.host {
            Host::Tcp(name) => config.host(name),
            Host::Socket(folder) => config.host(folder),
        };
        if let Some(address) = self.address {
            config.hostaddr(address);
        }
        if let Some(password) = &target.passwords[self.endpoint] {
            config.password(password);
        }
        config
    }

    /// A query that checks the kind of session, and the required answer.
    pub(crate) fn session_query(&self) -> Option<(&'static str, &'static str)> {
        const READ_ONLY: &str = "show transaction_read_only";
        const STANDBY: &str = "select pg_catalog.pg_is_in_recovery()";
        match self.session {
            SessionKind::Any | SessionKind::PreferStandby => None,
            SessionKind::ReadWrite => Some((READ_ONLY, "off")),
            SessionKind::ReadOnly => Some((READ_ONLY, "on")),
            SessionKind::Primary => Some((STANDBY, "f")),
            SessionKind::Standby => Some((STANDBY, "t")),
        }
    }
}

/// The endpoints that are still to be tried, and the failures so far.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    target: &'a Target,
    /// Each with the required kind of session.
    endpoints: VecDeque<(usize, SessionKind)>,
    attempts: VecDeque<Attempt>,
    /// The endpoint whose name is being resolved.
    resolving: Option<(usize, SessionKind)>,
    failures: Vec<Failure>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(target: &'a Target) -> Plan<'a> {
        let mut order: Vec<usize> = (0..target.endpoints.len()).collect();
        shuffle(target, &mut order);
        let of_kind = |kind| order.iter().map(move |at| (*at, kind));
        let endpoints = match target.session {
            SessionKind::PreferStandby => of_kind(SessionKind::Standby)
                .chain(of_kind(SessionKind::Any))
                .collect(),
            kind => of_kind(kind).collect(),
        };
        Plan {
            target,
            endpoints,
            attempts: VecDeque::new(),
            resolving: None,
            failures: Vec::new(),
        }
    }

    /// The next step; `None` if everything was tried.
    pub(crate) fn next(&mut self) -> Option<Step> {
        if let Some(attempt) = self.attempts.pop_front() {
            return Some(Step::Connect(attempt));
        }
        let (at, session) = self.endpoints.pop_front()?;
        let endpoint = &self.target.endpoints[at];
        match (&endpoint.host, endpoint.address) {
            (Host::Tcp(host), None) => {
                self.resolving = Some((at, session));
                Some(Step::Resolve {
                    host: host.clone(),
                    port: endpoint.port,
                })
            }
            (_, address) => Some(Step::Connect(Attempt {
                session,
                ..Attempt::first(self.target, at, address)
            })),
        }
    }

    /// Takes the result of a [`Step::Resolve`].
    pub(crate) fn resolved(&mut self, outcome: io::Result<Vec<IpAddr>>) {
        let Some((at, session)) = self.resolving.take() else {
            return;
        };
        let nothing = || io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        match outcome.and_then(|addresses| {
            if addresses.is_empty() {
                Err(nothing())
            } else {
                Ok(addresses)
            }
        }) {
            Ok(mut addresses) => {
                shuffle(self.target, &mut addresses);
                self.attempts = addresses
                    .into_iter()
                    .map(|address| Attempt {
                        session,
                        ..Attempt::first(self.target, at, Some(address))
                    })
                    .collect();
            }
            Err(error) => self.note(at, Cause::Lookup(error)),
        }
    }

    /// Takes the failure of an attempt.
    pub(crate) fn failed(&mut self, attempt: Attempt, cause: Cause) {
        let code = match &cause {
            Cause::Driver(error) => error.code(),
            _ => None,
        };
        // pg_hba.conf has no line for a connection with, or without, TLS. After a wrong password there is no second attempt: it
        // would be sent without TLS.
        let is_mode_refused = code == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
            || matches!(cause, Cause::Tls(_));
        // The server has refused the connection: as in libpq no other server is tried. A server that is starting or stopping
        // has not decided yet.
        let is_final = matches!(cause, Cause::PasswordMissing | Cause::Authentication(_))
            || code.is_some_and(|code| *code != SqlState::CANNOT_CONNECT_NOW);
        match attempt.otherwise {
            Some(tls) if is_mode_refused => self.attempts.push_front(Attempt {
                tls,
                otherwise: None,
                ..attempt
            }),
            _ if is_final => {
                self.attempts.clear();
                self.endpoints.clear();
            }
            _ => {}
        }
        self.note(attempt.endpoint, cause);
    }

    /// The error after all attempts have failed.
    pub(crate) fn into_error(mut self) -> ConnectError {
        let last = self.failures.pop().unwrap_or_else(|| Failure {
            server: self.target.server(),
            cause: Cause::Lookup(io::Error::other("there is no host to try")),
        });
        ConnectError {
            last,
            earlier: self.failures,
        }
    }

    fn note(&mut self, at: usize, cause: Cause) {
        self.failures.push(Failure {
            server: self.target.endpoints[at].to_string(),
            cause,
        });
    }
}

/// Shuffles the list if `load_balance_hosts=random`.
fn shuffle<T: std::hash::Hash>(target: &Target, list: &mut [T]) {
    if target.is_balanced {
        let chance = RandomState::new();
        list.sort_by_cached_key(|entry| chance.hash_one(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    fn target(text: &str) -> Target {
        let environment = Environment::default().with_user("u");
        Target::resolve(Some(text), &environment, "x").unwrap()
    }

    /// All steps if nothing answers, with two addresses for a host.
    fn steps(text: &str) -> Vec<String> {
        let target = target(text);
        let mut plan = Plan::new(&target);
        let mut steps = Vec::new();
        while let Some(step) = plan.next() {
            match step {
                Step::Resolve { host, port } => {
                    steps.push(format!("{host}:{port}?"));
                    plan.resolved(if host == "unknown" {
                        Err(io::Error::other("no such host"))
                    } else {
                        Ok(vec![[10, 0, 0, 1].into(), [10, 0, 0, 2].into()])
                    });
                }
                Step::Connect(attempt) => {
                    let place = attempt
                        .address
                        .map_or("socket".to_owned(), |address| address.to_string());
                    steps.push(format!("{place} {}", attempt.session));
                    plan.failed(attempt, Cause::TimedOut(std::time::Duration::from_secs(2)));
                }
            }
        }
        let error = plan.into_error();
        steps.push(format!("{} failures", error.earlier().len() + 1));
        steps
    }

    #[test]
    fn every_address_of_every_host_is_tried() {
        assert_eq!(
            steps("host=a,unknown,/run/pg,127.0.0.1 port=1,2,3,4"),
            [
                "a:1?",
                "10.0.0.1 any",
                "10.0.0.2 any",
                "unknown:2?",
                "socket any",
                "127.0.0.1 any",
                "5 failures"
            ]
        );
    }

    #[test]
    fn with_prefer_standby_all_hosts_are_first_tried_as_standbys() {
        assert_eq!(
            steps("hostaddr=::1,::2 target_session_attrs=prefer-standby"),
            [
                "::1 standby",
                "::2 standby",
                "::1 any",
                "::2 any",
                "4 failures"
            ]
        );
        assert_eq!(
            steps("hostaddr=::1 target_session_attrs=primary"),
            ["::1 primary", "1 failures"]
        );
    }

    #[test]
    fn shuffling_keeps_all_hosts() {
        let target = target("hostaddr=::1,::2,::3,::4,::5,::6,::7,::8 load_balance_hosts=random");
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let order: Vec<usize> = Plan::new(&target)
                .endpoints
                .into_iter()
                .map(|(at, _)| at)
                .collect();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5, 6, 7]);
            seen.insert(order);
        }
        assert!(seen.len() > 10, "{} orders in 50", seen.len());
    }

    #[test]
    fn each_sslmode_has_its_second_attempt() {
        let first = |text: &str| {
            let attempt = Attempt::first(&target(text), 0, None);
            (attempt.tls, attempt.otherwise)
        };
        use DriverMode::{Disable, Prefer, Require};
        assert_eq!(first("host=h sslmode=disable"), (Disable, None));
        assert_eq!(first("host=h sslmode=allow"), (Disable, Some(Require)));
        assert_eq!(first("host=h"), (Prefer, Some(Disable)));
        assert_eq!(first("host=h sslmode=require"), (Require, None));
        assert_eq!(
            first("host=h sslmode=verify-full sslrootcert=/ca.pem"),
            (Require, None)
        );
        assert_eq!(first("host=/run/pg,h sslmode=require"), (Disable, None));
    }
}
