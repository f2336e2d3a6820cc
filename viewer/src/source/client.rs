//! A connection with a timeout for each answer. A frozen server, or a network that drops packets,
//! closes no connection and reports no error.

use musicstream_connect::{ConnectError, MakeRustlsConnect, Target};
use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};
use tokio_postgres::{AsyncMessage, CancelToken, Error, Row, types::ToSql};

/// Timeout for cheap statements. Generous, for busy machines.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// Timeout of a cancel request, when the window is closed.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(1);

/// Why an answer did not come.
#[derive(Debug)]
pub(super) enum Failed {
    /// The driver, or the server through it, said so.
    Driver(Error),
    /// No answer within this time.
    Silent(Duration),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

/// Why there is no connection.
pub(super) enum NotConnected {
    /// This machine has no thread, file or clock left for one.
    Machine(io::Error),
    /// The connection to the server failed.
    Server(ConnectError),
}

/// What happened while waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Nothing.
    Over,
    /// The database said that something changed.
    Notified,
    /// The connection is gone.
    Closed,
}

/// An open connection, used by one thread.
pub(super) struct Client {
    runtime: Runtime,
    client: tokio_postgres::Client,
    /// Notifications, and how the connection ended.
    told: UnboundedReceiver<Result<(), Error>>,
    end: Option<Error>,
    answer_timeout: Duration,
    target: Target,
    tls: MakeRustlsConnect,
}

impl Client {
    /// Connects. Answers have the timeout of cheap statements until another one is set.
    pub(super) fn connect(target: &Target, tls: &MakeRustlsConnect) -> Result<Self, NotConnected> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(NotConnected::Machine)?;
        let connected = runtime.block_on(target.connect(tls));
        let (client, mut connection) = connected.map_err(NotConnected::Server)?;
        let (tell, told) = unbounded_channel();
        runtime.spawn(async move {
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                let news = match message {
                    Ok(AsyncMessage::Notification(_)) => Ok(()),
                    Ok(_) => continue,
                    Err(error) => Err(error),
                };
                let is_over = news.is_err();
                if tell.send(news).is_err() || is_over {
                    return;
                }
            }
        });
        Ok(Self {
            runtime,
            client,
            told,
            end: None,
            answer_timeout: ANSWER_TIMEOUT,
            target: target.clone(),
            tls: tls.clone(),
        })
    }

    /// Sets the timeout of each later answer. A server that accepts no other connection meanwhile fails earlier.
    pub(super) fn set_answer_timeout(&mut self, timeout: Duration) {
        self.answer_timeout = timeout;
    }

    /// Sets the timeout of each later answer to that of cheap statements.
    pub(super) fn reset_answer_timeout(&mut self) {
        self.answer_timeout = ANSWER_TIMEOUT;
    }

    /// The rows of a query.
    pub(super) fn query(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Failed> {
        self.wait(self.client.query(sql, parameters))
    }

    /// The row of a query that gives one.
    pub(super) fn query_one(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Row, Failed> {
        self.wait(self.client.query_one(sql, parameters))
    }

    /// The row of a query that gives one or none.
    pub(super) fn query_opt(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Failed> {
        self.wait(self.client.query_opt(sql, parameters))
    }

    /// Runs statements that give nothing.
    pub(super) fn batch_execute(&self, sql: &str) -> Result<(), Failed> {
        self.wait(self.client.batch_execute(sql))
    }

    fn wait<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Failed> {
        self.runtime.block_on(async {
            let mut answer = pin!(answer);
            if let Ok(answer) = timeout(ANSWER_TIMEOUT, &mut answer).await {
                return Ok(answer?);
            }
            let left = self.answer_timeout.saturating_sub(ANSWER_TIMEOUT);
            if left.is_zero() {
                return Err(Failed::Silent(ANSWER_TIMEOUT));
            }
            // Either a long statement or a dead server: a second connection finds out.
            tokio::select! {
                answer = &mut answer => return Ok(answer?),
                other = timeout(ANSWER_TIMEOUT, self.target.connect(&self.tls)) => if other.is_err() {
                    return Err(Failed::Silent(2 * ANSWER_TIMEOUT));
                }
            }
            match timeout(left, answer).await {
                Ok(answer) => Ok(answer?),
                Err(_) => Err(Failed::Silent(self.answer_timeout)),
            }
        })
    }

    /// Waits for a notification, at most this long.
    pub(super) fn wait_for_notification(&mut self, at_most: Duration) -> Wait {
        let told = &mut self.told;
        let news = self
            .runtime
            .block_on(async { timeout(at_most, told.recv()).await });
        match news {
            Err(_) => Wait::Over,
            Ok(Some(Ok(()))) => {
                // One load answers them all.
                while let Ok(news) = self.told.try_recv() {
                    self.end = news.err();
                }
                Wait::Notified
            }
            Ok(Some(Err(error))) => {
                self.end = Some(error);
                Wait::Closed
            }
            Ok(None) => Wait::Closed,
        }
    }

    /// What the connection ended with, if it was an error.
    pub(super) fn end(&mut self) -> Option<Error> {
        self.end.take()
    }

    /// To stop a statement from another thread.
    pub(super) fn cancel_token(&self) -> CancelToken {
        self.client.cancel_token()
    }
}

/// Asks the server to stop a statement; waits at most [`CANCEL_TIMEOUT`].
pub(super) fn cancel(token: &CancelToken, tls: MakeRustlsConnect) {
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
        return;
    };
    // An error is ignored: the window is gone, and the statement timeout ends the statement anyway.
    let _ = runtime.block_on(async { timeout(CANCEL_TIMEOUT, token.cancel_query(tls)).await });
}
