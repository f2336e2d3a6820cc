//! Executes a [`Plan`], with tokio or blocking.

use std::net::IpAddr;
use std::pin::pin;

use futures_util::future::{Either, select};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, SimpleQueryMessage, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Cause, ConnectError};
use crate::plan::{Attempt, Plan, Step};
use crate::target::Target;

/// The I/O of a [`Client`]: a future that completes when the connection is closed.
pub type Connection =
    tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

impl Target {
    /// Connects to the first suitable server, on a tokio runtime. The client makes progress only while the [`Connection`] is
    /// polled, usually by a task of its own.
    ///
    /// # Errors
    /// No server is suitable.
    pub async fn connect(
        &self,
        tls: &MakeRustlsConnect,
    ) -> Result<(Client, Connection), ConnectError> {
        let mut plan = Plan::new(self);
        while let Some(step) = plan.next() {
            match step {
                Step::Resolve { host, port } => {
                    let found = tokio::net::lookup_host((host, port)).await;
                    plan.resolved(found.map(|all| distinct(all.map(|address| address.ip()))));
                }
                Step::Connect(attempt) => match self.try_to_connect(&attempt, tls).await {
                    Ok(connected) => return Ok(connected),
                    Err(cause) => plan.failed(attempt, cause),
                },
            }
        }
        Err(plan.into_error())
    }

    async fn try_to_connect(
        &self,
        attempt: &Attempt,
        tls: &MakeRustlsConnect,
    ) -> Result<(Client, Connection), Cause> {
        let connecting = async {
            let config = attempt.config(self);
            let (client, mut connection) = config.connect(tls.clone()).await.map_err(Cause::of)?;
            if let Some((question, expected)) = attempt.session_query() {
                let asking = pin!(client.simple_query(question));
                let rows = match select(asking, &mut connection).await {
                    Either::Left((rows, _)) => rows.map_err(Cause::of)?,
                    Either::Right((Err(error), _)) => return Err(Cause::of(error)),
                    Either::Right((Ok(()), _)) => return Err(Cause::Unsuitable(attempt.session)),
                };
                require(&rows, expected, attempt)?;
            }
            Ok((client, connection))
        };
        match self.connect_timeout() {
            Some(limit) => tokio::time::timeout(limit, connecting)
                .await
                .unwrap_or(Err(Cause::TimedOut(limit))),
            None => connecting.await,
        }
    }

    /// Connects to the first suitable server, on this thread. Here `connect_timeout` covers only the TCP connection: a server
    /// that accepts it and does not answer is waited for.
    ///
    /// # Errors
    /// No server is suitable.
    #[cfg(feature = "blocking")]
    pub fn connect_blocking(
        &self,
        tls: &MakeRustlsConnect,
    ) -> Result<postgres::Client, ConnectError> {
        use std::net::ToSocketAddrs;

        let mut plan = Plan::new(self);
        while let Some(step) = plan.next() {
            match step {
                Step::Resolve { host, port } => {
                    let found = (host, port).to_socket_addrs();
                    plan.resolved(found.map(|all| distinct(all.map(|address| address.ip()))));
                }
                Step::Connect(attempt) => {
                    let connecting = || {
                        let config = postgres::Config::from(attempt.config(self));
                        let mut client = config.connect(tls.clone()).map_err(Cause::of)?;
                        if let Some((question, expected)) = attempt.session_query() {
                            let rows = client.simple_query(question).map_err(Cause::of)?;
                            require(&rows, expected, &attempt)?;
                        }
                        Ok(client)
                    };
                    match connecting() {
                        Ok(client) => return Ok(client),
                        Err(cause) => plan.failed(attempt, cause),
                    }
                }
            }
        }
        Err(plan.into_error())
    }
}

/// Removes repetitions: the resolver returns each address once per socket type.
fn distinct(addresses: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let mut distinct = Vec::new();
    for address in addresses {
        if !distinct.contains(&address) {
            distinct.push(address);
        }
    }
    distinct
}

fn require(rows: &[SimpleQueryMessage], expected: &str, attempt: &Attempt) -> Result<(), Cause> {
    let answers = |row: &SimpleQueryMessage| matches!(row, SimpleQueryMessage::Row(row) if row.get(0) == Some(expected));
    if rows.iter().any(answers) {
        Ok(())
    } else {
        Err(Cause::Unsuitable(attempt.session))
    }
}
