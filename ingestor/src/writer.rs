//! Writers: threads with one database session each, which carry out orders one after the other.
//!
//! A writer never gives up on an outage; it stops for good on an error of the set-up, and drops a
//! batch when its generation has passed: its partitions are someone else's, or will be read again.

mod attempt;
mod bisect;
mod turn;

pub(crate) use turn::{Turn, Turns};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use crate::backoff::{Backoff, DatabaseOutage};
use crate::batch::Batch;
use crate::counts::Stored;
use crate::database::{Claim, Class, DatabaseError, Holder, Server, Session};
use crate::dead_letter::DeadLetters;
use crate::monitor::Observer;

/// How long a writer may take to end; a server that does not answer must not hold up the program.
const END_WITHIN: Duration = Duration::from_secs(2);

/// What a writer is told to do.
pub(crate) enum Order {
    /// Take partitions over.
    Claim {
        generation: u64,
        source: Arc<str>,
        partitions: Vec<i32>,
    },
    /// Say who holds partitions.
    Look {
        generation: u64,
        source: Arc<str>,
        partitions: Vec<i32>,
    },
    /// Give a partition up that has ended.
    Release {
        generation: u64,
        source: Arc<str>,
        partition: i32,
        epoch: i64,
    },
    /// See whether the database can be written to.
    Probe { generation: u64 },
    /// Store a batch, at its turn if it has one.
    Write(Batch, Option<Turn>),
}

/// What a writer says; `writer` is its number.
pub(crate) struct Report {
    pub(crate) writer: usize,
    pub(crate) news: News,
}

/// Each order is answered by one of these, but [`News::Opened`] and [`News::Failed`] come unasked.
pub(crate) enum News {
    /// The first connection is there.
    Opened,
    Claimed {
        generation: u64,
        claims: Vec<(i32, Claim)>,
    },
    Seen {
        generation: u64,
        holders: Vec<(i32, Option<Holder>)>,
    },
    Released,
    /// The database can be written to, or the question is no longer wanted.
    Probed,
    /// Stored and committed; the batch comes back to be used again.
    Written {
        batch: Batch,
        stored: Stored,
    },
    /// Not stored, and no longer wanted.
    Dropped {
        batch: Batch,
    },
    /// Not stored: the ledger has moved without us.
    Fenced {
        batch: Batch,
    },
    /// The writer has stopped.
    Failed(DatabaseError),
}

/// How writers behave.
#[derive(Clone)]
pub(crate) struct WriterConfig {
    pub(crate) server: Server,
    /// Where rejects go besides the database.
    pub(crate) dead_letters: Option<DeadLetters>,
    pub(crate) observer: Observer,
    /// Shared by all that write for the same.
    pub(crate) outage: Arc<DatabaseOutage>,
    /// Unique to this process.
    pub(crate) owner: Arc<str>,
    /// Batches of an older generation are dropped.
    pub(crate) generation: Arc<AtomicU64>,
    /// How long the first connection may take; `None`: for ever.
    pub(crate) connect_within: Option<Duration>,
}

/// A running writer. Dropping it lets it finish its orders and end.
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
    is_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts a writer with a thread and a session of its own. Reports wake the calling thread.
    pub(crate) fn start(
        number: usize,
        config: WriterConfig,
        reports: mpsc::Sender<Report>,
    ) -> std::io::Result<Writer> {
        let (orders, inbox) = mpsc::channel();
        let listener = thread::current();
        let is_stopped = Arc::new(AtomicBool::new(false));
        let stop = is_stopped.clone();
        let thread = thread::Builder::new()
            .name(format!("writer-{number}"))
            .spawn(move || {
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
                            news: News::Failed(error),
                        });
                        return;
                    }
                };
                let demand = Demand {
                    generation: config.generation.clone(),
                    is_stopped: stop,
                };
                let mut worker = Worker {
                    number,
                    config,
                    reports,
                    listener,
                    session: None,
                    demand,
                };
                if let Err(error) = runtime.block_on(worker.open()) {
                    worker.report(News::Failed(error));
                    return;
                }
                worker.report(News::Opened);
                while let Ok(order) = inbox.recv() {
                    if let Err(error) = runtime.block_on(worker.carry_out(order)) {
                        worker.report(News::Failed(error));
                        return;
                    }
                }
            })?;
        Ok(Writer {
            orders,
            is_stopped,
            thread: Some(thread),
        })
    }

    /// Gives an order. A writer that has failed does not answer; its [`News::Failed`] came before.
    pub(crate) fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Ends the loop over the inbox, and any retry that is going on.
        self.is_stopped.store(true, Ordering::Relaxed);
        self.orders = mpsc::channel().0;
        let Some(thread) = self.thread.take() else {
            return;
        };
        let deadline = Instant::now() + END_WITHIN;
        while !thread.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        if thread.is_finished() {
            // A panic there has been printed; there is nothing to add.
            let _ = thread.join();
        }
    }
}

struct Worker {
    number: usize,
    config: WriterConfig,
    reports: mpsc::Sender<Report>,
    listener: Thread,
    session: Option<Session>,
    demand: Demand,
}

/// Whether anybody still wants what a writer does.
#[derive(Clone)]
struct Demand {
    generation: Arc<AtomicU64>,
    is_stopped: Arc<AtomicBool>,
}

impl Demand {
    fn is_over(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    fn is_for(&self, generation: u64) -> bool {
        self.generation.load(Ordering::Acquire) == generation && !self.is_over()
    }
}

impl Worker {
    fn report(&self, news: News) {
        // Nobody listens any more once the program is ending.
        let _ = self.reports.send(Report {
            writer: self.number,
            news,
        });
        self.listener.unpark();
    }

    /// The first connection.
    async fn open(&mut self) -> Result<(), DatabaseError> {
        let started = Instant::now();
        let mut backoff = Backoff::new(&self.config.outage);
        loop {
            match Session::open(&self.config.server).await {
                Ok(session) => {
                    self.session = Some(session);
                    backoff.over();
                    return Ok(());
                }
                Err(error) => {
                    let is_late = self
                        .config
                        .connect_within
                        .is_some_and(|limit| started.elapsed() >= limit);
                    if error.class() != Class::Outage || is_late || self.demand.is_over() {
                        return Err(error);
                    }
                    backoff.wait(&error, || self.demand.is_over()).await;
                }
            }
        }
    }

    async fn carry_out(&mut self, order: Order) -> Result<(), DatabaseError> {
        match order {
            Order::Claim {
                generation,
                source,
                partitions,
            } => {
                let owner = self.config.owner.clone();
                let mut claims = Vec::with_capacity(partitions.len());
                for partition in partitions {
                    // A claim that is repeated because its answer was lost only raises the epoch once more.
                    let Some(claim) = self
                        .insist(generation, async |session| {
                            session.claim(&source, partition, &owner).await
                        })
                        .await?
                    else {
                        return Ok(());
                    };
                    claims.push((partition, claim));
                }
                self.report(News::Claimed { generation, claims });
            }
            Order::Look {
                generation,
                source,
                partitions,
            } => {
                let mut holders = Vec::with_capacity(partitions.len());
                for partition in partitions {
                    let Some(holder) = self
                        .insist(generation, async |session| {
                            session.holder(&source, partition).await
                        })
                        .await?
                    else {
                        return Ok(());
                    };
                    holders.push((partition, holder));
                }
                self.report(News::Seen {
                    generation,
                    holders,
                });
            }
            Order::Release {
                generation,
                source,
                partition,
                epoch,
            } => {
                self.insist(generation, async |session| {
                    session.release(&source, partition, epoch).await
                })
                .await?;
                self.report(News::Released);
            }
            Order::Probe { generation } => {
                self.insist(generation, async |session| session.probe().await)
                    .await?;
                self.report(News::Probed);
            }
            Order::Write(batch, turn) => {
                let news = self.write(batch, turn).await?;
                self.report(news);
            }
        }
        Ok(())
    }

    /// Does something until it works, with new connections as needed; `None`: no longer wanted.
    async fn insist<T>(
        &mut self,
        generation: u64,
        mut action: impl AsyncFnMut(&Session) -> Result<T, DatabaseError>,
    ) -> Result<Option<T>, DatabaseError> {
        let mut backoff = Backoff::new(&self.config.outage);
        while self.demand.is_for(generation) {
            let error = match self.session().await {
                Ok(session) => match action(session).await {
                    Ok(value) => {
                        backoff.over();
                        return Ok(Some(value));
                    }
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if error.class() != Class::Outage {
                return Err(error);
            }
            self.sit_out(&error, &mut backoff, generation).await;
        }
        Ok(None)
    }

    /// Waits before the next attempt, which has a new session: the state of this one is not known.
    async fn sit_out(&mut self, outage: &DatabaseError, backoff: &mut Backoff, generation: u64) {
        self.session = None;
        backoff
            .wait(outage, || !self.demand.is_for(generation))
            .await;
    }

    /// The session, opened anew if it was lost.
    async fn session(&mut self) -> Result<&mut Session, DatabaseError> {
        if self.session.as_ref().is_none_or(Session::is_closed) {
            self.session = None;
            self.session = Some(Session::open(&self.config.server).await?);
        }
        self.session
            .as_mut()
            .ok_or_else(|| DatabaseError::outage("no session"))
    }

    /// Writes a batch, however long it takes.
    async fn write(&mut self, mut batch: Batch, turn: Option<Turn>) -> Result<News, DatabaseError> {
        batch.sort();
        let generation = batch.generation();
        let config = self.config.clone();
        let started = Instant::now();
        let mut backoff = Backoff::new(&self.config.outage);
        let mut doubt = None;
        let demand = self.demand.clone();
        while demand.is_for(generation) {
            let attempt = match self.session().await {
                Ok(session) => {
                    let is_wanted = || demand.is_for(generation);
                    attempt::attempt(
                        session,
                        &batch,
                        turn.as_ref(),
                        is_wanted,
                        &mut doubt,
                        &config,
                    )
                    .await
                }
                Err(error) => Err(error),
            };
            let error = match attempt {
                Ok(None) => break,
                Ok(Some(stored)) => {
                    if let Some(turn) = &turn {
                        turn.pass();
                    }
                    backoff.over();
                    config
                        .observer
                        .stored(&stored.totals, &stored.rejects, started.elapsed());
                    return Ok(News::Written { batch, stored });
                }
                Err(error) => error,
            };
            match error.class() {
                Class::Outage => self.sit_out(&error, &mut backoff, generation).await,
                Class::Fenced => {
                    backoff.over();
                    config.observer.fenced();
                    tracing::warn!("{error}");
                    return Ok(News::Fenced { batch });
                }
                Class::Config => return Err(error),
                Class::Data => {
                    let outcome = match self.session().await {
                        Ok(session) => bisect::refuse_bad_rows(session, &mut batch, &error).await,
                        Err(error) => Err(error),
                    };
                    match outcome {
                        Ok(refused) => tracing::warn!(refused, "{error}: kept among the rejects"),
                        Err(error) if error.class() == Class::Outage => {
                            self.sit_out(&error, &mut backoff, generation).await;
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Ok(News::Dropped { batch })
    }
}
