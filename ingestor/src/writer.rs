//! Writers: threads with one database session each, which handle requests one after the other.
//!
//! A writer waits out every outage. It ends on an error of the configuration. It drops a batch of an older generation: the
//! partitions of that batch are held by another ingestor now, or will be read again.

mod attempt;
mod bisect;
mod ticket;

pub(crate) use ticket::{Ticket, Tickets};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use crate::backoff::{Backoff, DatabaseOutage};
use crate::batch::Batch;
use crate::counts::Stored;
use crate::database::{
    Claim, Class, DatabaseError, LedgerEntry, Server, Session, may_lack_partitions,
};
use crate::dead_letter::DeadLetters;
use crate::monitor::Observer;

/// Time for a writer to end. A server that does not answer must not keep the program from ending.
const END_WITHIN: Duration = Duration::from_secs(2);

pub(crate) enum Request {
    /// Claim partitions in the ledger; their former owners are fenced.
    Claim {
        generation: u64,
        source: Arc<str>,
        partitions: Vec<i32>,
    },
    /// Read the ledger entries of partitions.
    ReadLedger {
        generation: u64,
        source: Arc<str>,
        partitions: Vec<i32>,
    },
    /// Release a partition in the ledger.
    Release {
        generation: u64,
        source: Arc<str>,
        partition: i32,
        epoch: i64,
    },
    /// Check whether the database can be written to.
    CheckDatabase { generation: u64 },
    /// Store a batch; with a ticket, after the batches with lower numbers.
    Write(Batch, Option<Ticket>),
}

/// A reply with the number of the writer.
pub(crate) struct Report {
    pub(crate) writer: usize,
    pub(crate) reply: Reply,
}

/// Each request gets one reply; only a [`Request::Claim`] and a [`Request::ReadLedger`] whose generation has passed get none.
/// [`Reply::Opened`], [`Reply::Reopened`] and [`Reply::Failed`] come without a request.
pub(crate) enum Reply {
    /// The first connection is open.
    Opened,
    /// A lost connection was replaced since the last reply. The new one may lead to another server, whose ledger is older.
    Reopened,
    Claimed {
        generation: u64,
        claims: Vec<(i32, Claim)>,
    },
    /// `None`: the ledger has no entry for this partition.
    LedgerRead {
        generation: u64,
        entries: Vec<(i32, Option<LedgerEntry>)>,
    },
    Released,
    /// The database can be written to, or the request was cancelled.
    DatabaseChecked,
    /// The batch is committed. It is returned for its allocations.
    Written {
        batch: Batch,
        stored: Stored,
    },
    /// Not stored: its generation has passed.
    Dropped {
        batch: Batch,
    },
    /// Not stored: the ledger was moved by another owner.
    Fenced {
        batch: Batch,
    },
    /// The writer has ended.
    Failed(DatabaseError),
}

#[derive(Clone)]
pub(crate) struct WriterConfig {
    pub(crate) server: Server,
    /// Rejects are sent there as well as to the database.
    pub(crate) dead_letters: Option<DeadLetters>,
    pub(crate) observer: Observer,
    /// Shared by all writers of a run.
    pub(crate) outage: Arc<DatabaseOutage>,
    /// The name of this process in the ledger.
    pub(crate) owner: Arc<str>,
    /// Requests of an older generation are dropped.
    pub(crate) generation: Arc<AtomicU64>,
    /// Time for the first connection; `None`: without limit.
    pub(crate) connect_within: Option<Duration>,
}

/// A running writer. When it is dropped, the writer finishes its request and ends.
pub(crate) struct Writer {
    requests: mpsc::Sender<Request>,
    is_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts a writer. Its reports unpark the calling thread.
    pub(crate) fn start(
        number: usize,
        config: WriterConfig,
        reports: mpsc::Sender<Report>,
    ) -> std::io::Result<Writer> {
        let (requests, inbox) = mpsc::channel();
        let receiver = thread::current();
        let is_stopped = Arc::new(AtomicBool::new(false));
        let stop = is_stopped.clone();
        let span = tracing::Span::current();
        let thread = thread::Builder::new()
            .name(format!("writer-{number}"))
            .spawn(move || {
                let _entered = span.enter();
                let runtime = match tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                {
                    Ok(runtime) => runtime,
                    Err(error) => {
                        let error =
                            DatabaseError::config(format!("cannot start a writer: {error}"));
                        let _ = reports.send(Report {
                            writer: number,
                            reply: Reply::Failed(error),
                        });
                        return;
                    }
                };
                let cancellation = Cancellation {
                    generation: config.generation.clone(),
                    is_stopped: stop,
                };
                let mut worker = Worker {
                    number,
                    config,
                    reports,
                    receiver,
                    session: None,
                    is_reopened: false,
                    cancellation,
                };
                if let Err(error) = runtime.block_on(worker.open()) {
                    worker.report(Reply::Failed(error));
                    return;
                }
                worker.report(Reply::Opened);
                while let Ok(request) = inbox.recv() {
                    if let Err(error) = runtime.block_on(worker.handle(request)) {
                        worker.report(Reply::Failed(error));
                        return;
                    }
                }
            })?;
        Ok(Writer {
            requests,
            is_stopped,
            thread: Some(thread),
        })
    }

    /// A writer whose requests arrive at the receiver.
    #[cfg(test)]
    pub(crate) fn without_thread() -> (Writer, mpsc::Receiver<Request>) {
        let (requests, inbox) = mpsc::channel();
        let writer = Writer {
            requests,
            is_stopped: Arc::default(),
            thread: None,
        };
        (writer, inbox)
    }

    /// Sends a request. A writer that has ended does not reply; it has sent [`Reply::Failed`].
    pub(crate) fn send(&self, request: Request) {
        let _ = self.requests.send(request);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Ends the loop over the requests, and any retry.
        self.is_stopped.store(true, Ordering::Relaxed);
        self.requests = mpsc::channel().0;
        let Some(thread) = self.thread.take() else {
            return;
        };
        let deadline = Instant::now() + END_WITHIN;
        while !thread.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        if thread.is_finished() {
            // A panic of the thread was printed already.
            let _ = thread.join();
        }
    }
}

struct Worker {
    number: usize,
    config: WriterConfig,
    reports: mpsc::Sender<Report>,
    receiver: Thread,
    session: Option<Session>,
    /// Whether the session was replaced since the last reply.
    is_reopened: bool,
    cancellation: Cancellation,
}

/// Whether requests were cancelled, by a newer generation or by the end of the writer.
#[derive(Clone)]
struct Cancellation {
    generation: Arc<AtomicU64>,
    is_stopped: Arc<AtomicBool>,
}

impl Cancellation {
    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    fn is_wanted(&self, generation: u64) -> bool {
        self.generation.load(Ordering::Acquire) == generation && !self.is_stopped()
    }
}

impl Worker {
    /// Sends a reply, after [`Reply::Reopened`] if that is due. Not as soon as a session is open: each attempt of a request may
    /// need a new one, and each report has the ledger entries of all partitions read.
    fn report(&mut self, reply: Reply) {
        let reopened = std::mem::take(&mut self.is_reopened).then_some(Reply::Reopened);
        for reply in reopened.into_iter().chain([reply]) {
            // The receiver is closed while the program ends.
            let _ = self.reports.send(Report {
                writer: self.number,
                reply,
            });
        }
        self.receiver.unpark();
    }

    /// Opens the first connection.
    async fn open(&mut self) -> Result<(), DatabaseError> {
        let started = Instant::now();
        let mut backoff = Backoff::new(&self.config.outage);
        loop {
            match Session::open(&self.config.server).await {
                Ok(session) => {
                    self.session = Some(session);
                    backoff.succeeded();
                    return Ok(());
                }
                Err(error) => {
                    let is_late = self
                        .config
                        .connect_within
                        .is_some_and(|limit| started.elapsed() >= limit);
                    if error.class() != Class::Outage || is_late || self.cancellation.is_stopped() {
                        return Err(error);
                    }
                    backoff
                        .wait(&error, || self.cancellation.is_stopped())
                        .await;
                }
            }
        }
    }

    async fn handle(&mut self, request: Request) -> Result<(), DatabaseError> {
        match request {
            Request::Claim {
                generation,
                source,
                partitions,
            } => {
                let owner = self.config.owner.clone();
                let mut claims = Vec::with_capacity(partitions.len());
                for partition in partitions {
                    // A claim may be repeated if its answer is lost: that only raises the epoch once more.
                    let Some(claim) = self
                        .retry_through_outages(generation, async |session| {
                            session.claim(&source, partition, &owner).await
                        })
                        .await?
                    else {
                        return Ok(());
                    };
                    claims.push((partition, claim));
                }
                self.report(Reply::Claimed { generation, claims });
            }
            Request::ReadLedger {
                generation,
                source,
                partitions,
            } => {
                let mut entries = Vec::with_capacity(partitions.len());
                for partition in partitions {
                    let Some(entry) = self
                        .retry_through_outages(generation, async |session| {
                            session.ledger_entry(&source, partition).await
                        })
                        .await?
                    else {
                        return Ok(());
                    };
                    entries.push((partition, entry));
                }
                self.report(Reply::LedgerRead {
                    generation,
                    entries,
                });
            }
            Request::Release {
                generation,
                source,
                partition,
                epoch,
            } => {
                self.retry_through_outages(generation, async |session| {
                    session.release(&source, partition, epoch).await
                })
                .await?;
                self.report(Reply::Released);
            }
            Request::CheckDatabase { generation } => {
                self.retry_through_outages(generation, async |session| {
                    session.check_writable().await
                })
                .await?;
                self.report(Reply::DatabaseChecked);
            }
            Request::Write(batch, ticket) => {
                let reply = self.write(batch, ticket).await?;
                self.report(reply);
            }
        }
        Ok(())
    }

    /// Repeats an action until it succeeds, with new sessions if needed; `None`: it was cancelled.
    ///
    /// # Errors
    /// An error that is no outage.
    async fn retry_through_outages<T>(
        &mut self,
        generation: u64,
        mut action: impl AsyncFnMut(&Session) -> Result<T, DatabaseError>,
    ) -> Result<Option<T>, DatabaseError> {
        let mut backoff = Backoff::new(&self.config.outage);
        while self.cancellation.is_wanted(generation) {
            let error = match self.session().await {
                Ok(session) => match action(session).await {
                    Ok(value) => {
                        backoff.succeeded();
                        return Ok(Some(value));
                    }
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if error.class() != Class::Outage {
                return Err(error);
            }
            self.wait_out_outage(&error, &mut backoff, generation).await;
        }
        Ok(None)
    }

    /// Waits before the next attempt, which gets a new session: the state of this one is unknown.
    async fn wait_out_outage(
        &mut self,
        outage: &DatabaseError,
        backoff: &mut Backoff,
        generation: u64,
    ) {
        self.session = None;
        backoff
            .wait(outage, || !self.cancellation.is_wanted(generation))
            .await;
    }

    /// The session; a new one if it was lost.
    async fn session(&mut self) -> Result<&mut Session, DatabaseError> {
        if self.session.as_ref().is_none_or(Session::is_closed) {
            self.session = None;
            self.session = Some(Session::open(&self.config.server).await?);
            self.is_reopened = true;
        }
        self.session
            .as_mut()
            .ok_or_else(|| DatabaseError::outage("no session"))
    }

    /// Stores a batch, through any number of outages.
    async fn write(
        &mut self,
        mut batch: Batch,
        ticket: Option<Ticket>,
    ) -> Result<Reply, DatabaseError> {
        batch.sort();
        let generation = batch.generation();
        let config = self.config.clone();
        let started = Instant::now();
        let mut backoff = Backoff::new(&self.config.outage);
        let mut in_doubt = None;
        let mut has_forgotten_days = false;
        let cancellation = self.cancellation.clone();
        while cancellation.is_wanted(generation) {
            let attempt = match self.session().await {
                Ok(session) => {
                    let is_wanted = || cancellation.is_wanted(generation);
                    attempt::attempt(
                        session,
                        &batch,
                        ticket.as_ref(),
                        is_wanted,
                        &mut in_doubt,
                        &config,
                    )
                    .await
                }
                Err(error) => Err(error),
            };
            let error = match attempt {
                Ok(None) => break,
                Ok(Some(stored)) => {
                    if let Some(ticket) = &ticket {
                        ticket.pass();
                    }
                    backoff.succeeded();
                    config
                        .observer
                        .stored(&stored.totals, &stored.rejects, started.elapsed());
                    return Ok(Reply::Written { batch, stored });
                }
                Err(error) => error,
            };
            match error.class() {
                Class::Outage => self.wait_out_outage(&error, &mut backoff, generation).await,
                Class::Fenced => {
                    backoff.succeeded();
                    config.observer.fenced();
                    tracing::warn!("{error}");
                    return Ok(Reply::Fenced { batch });
                }
                Class::Config => return Err(error),
                // Partitions may have been removed since this session asked for them. Or the database refused to make them then,
                // accepts their days now, and they are more than the 100 that an upsert makes. The next attempt asks again.
                Class::Data if !has_forgotten_days && may_lack_partitions(error.sqlstate()) => {
                    has_forgotten_days = true;
                    if let Some(session) = &mut self.session {
                        session.forget_days();
                    }
                }
                Class::Data => {
                    let outcome = match self.session().await {
                        Ok(session) => bisect::refuse_bad_rows(session, &mut batch, &error).await,
                        Err(error) => Err(error),
                    };
                    match outcome {
                        Ok(refused) => {
                            tracing::warn!(refused, "{error}: the rows are kept as rejects")
                        }
                        Err(error) if error.class() == Class::Outage => {
                            self.wait_out_outage(&error, &mut backoff, generation).await;
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Ok(Reply::Dropped { batch })
    }
}
