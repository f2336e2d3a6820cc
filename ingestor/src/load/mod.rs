//! `load`: files into Postgres, each row exactly once.
//!
//! In the ledger each file is a source, named by its fingerprint. Its position is the byte offset in the decompressed
//! content, stored with the checksum of everything before it, in the transaction of the rows. So a killed load continues
//! where it was, a second load finds nothing to do, and a file that was changed is refused. The position of a reject is its
//! line number.

mod dry_run;
mod paths;
mod resume;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, atomic::AtomicU64};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use musicstream_event::Rejection;

use crate::args::{DatabaseArgs, OutputArgs};
use crate::backoff::DatabaseOutage;
use crate::batch::{Batch, Limits, Origin};
use crate::counts::Stored;
use crate::database::{self, Server};
use crate::file::{FileArgs, FileReader, States};
use crate::monitor::Observer;
use crate::output::Output as _;
use crate::owner;
use crate::progress::{Progress, Unit};
use crate::reject_limit::{RejectArgs, RejectLimit};
use crate::shutdown::Shutdown;
use crate::summary::{Ending, Summary};
use crate::writer::{Reply, Report, Request, Tickets, Writer, WriterConfig};

#[derive(Debug, clap::Args)]
pub(crate) struct LoadArgs {
    /// CSV or NDJSON files, plain or compressed (.gz, .zst), or folders with such files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Only check the files: log each invalid row, count, store nothing; needs no database
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Load a file that was changed since its last load from its beginning, as a source of its own
    #[arg(long)]
    pub(crate) accept_changed: bool,
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// Maximum number of rows in one transaction
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "N")]
    pub(crate) batch_rows: u32,
    #[command(flatten)]
    pub(crate) reject: RejectArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// One writer stages a batch while the other stores the batch before it.
const WRITERS: usize = 2;
/// Maximum size of the rows in one transaction.
const MAX_BATCH_BYTES: usize = 16 << 20;
/// Time for the first connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);
/// Time to store the batches in flight after a signal: as long as a stream has by default.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);
/// Time between two checks whether a signal has come, while the database does not answer.
const CHECK_SIGNAL_EVERY: Duration = Duration::from_millis(100);
/// A file has one partition in the ledger.
const PARTITION: i32 = 0;
/// A load never cancels requests, so it has one generation.
const GENERATION: u64 = 0;

/// Loads the files one after the other and prints the summary.
///
/// # Errors
/// A file cannot be read to its end or was changed, the set-up is wrong, the database has lost rows that this load stored, or
/// the load was interrupted.
pub(crate) fn run(args: LoadArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let shutdown = Shutdown::on_signal().context("cannot listen for signals")?;
    let files = paths::expand(&args.files)?;
    if args.dry_run {
        return dry_run::run(&files, &args.file, args.output.output, &shutdown);
    }
    let server = Server {
        makes_any_day: true,
        ..database::server(&args.database)?
    };
    // A file that cannot be loaded ends the run before anything is stored.
    for path in &files {
        if !paths::is_read_once(path) {
            FileReader::open(path, &args.file)?;
        }
    }
    let mut load = Load::start(server, &args, shutdown.clone())?;
    let outcome = files
        .iter()
        .try_for_each(|path| {
            load.load_file(path, &args)
                .with_context(|| format!("cannot load {}", path.display()))
        })
        .and_then(|()| load.check_loaded());
    if outcome.is_err() && load.has_reopened && !load.loaded.is_empty() {
        tracing::warn!(
            "the connection was lost during this load: run it again with all files, because the database may have lost rows of \
             those that were loaded before"
        );
    }
    let ending = match &outcome {
        Ok(()) => Ending::AtEnd,
        Err(_) if shutdown.is_asked() => Ending::Interrupted,
        Err(_) => return outcome,
    };
    Summary::new(&load.stored, ending, started.elapsed()).print(args.output.output);
    outcome
}

struct Load {
    writers: Vec<Writer>,
    tickets: Tickets,
    reports: mpsc::Receiver<Report>,
    limits: Limits,
    reject_limit: Option<RejectLimit>,
    shutdown: Shutdown,
    /// When waiting for the database ends, once a signal has come.
    drain_until: Option<Instant>,
    stored: Stored,
    /// Number of batches at the writers.
    in_flight: usize,
    /// Batches that came back, kept for their allocations.
    spare: Vec<Batch>,
    /// The files of this run that are loaded.
    loaded: Vec<Loaded>,
    /// Whether a connection was replaced, or may have been, since the ledger was last compared with `loaded`.
    has_reopened: bool,
}

/// A file whose rows are all stored.
struct Loaded {
    path: PathBuf,
    source: Arc<str>,
    /// The position in the ledger.
    end: i64,
}

/// A file that is being loaded.
struct Source {
    name: Arc<str>,
    file_name: String,
    /// Where the next batch begins.
    from: Option<i64>,
    epoch: i64,
    /// The ends of earlier loads.
    states: States,
}

impl Load {
    fn start(server: Server, args: &LoadArgs, shutdown: Shutdown) -> anyhow::Result<Load> {
        let (sender, reports) = mpsc::channel();
        let observer = Observer::unseen();
        let config = WriterConfig {
            server,
            dead_letters: None,
            outage: DatabaseOutage::new(observer.clone()),
            observer,
            owner: owner::of_this_process(),
            generation: Arc::new(AtomicU64::new(GENERATION)),
            connect_within: Some(CONNECT_WITHIN),
        };
        let writers = (0..WRITERS)
            .map(|number| Writer::start(number, config.clone(), sender.clone()))
            .collect::<std::io::Result<Vec<_>>>()
            .context("cannot start a writer")?;
        let limits = Limits {
            rows: args.batch_rows as usize,
            bytes: MAX_BATCH_BYTES,
            age: Duration::MAX,
        };
        let mut load = Load {
            writers,
            tickets: Tickets::new(),
            reports,
            limits,
            reject_limit: args.reject.limit(1.0),
            shutdown,
            drain_until: None,
            stored: Stored::default(),
            in_flight: 0,
            spare: Vec::new(),
            loaded: Vec::new(),
            has_reopened: false,
        };
        for _ in 0..WRITERS {
            match load.next_reply()? {
                Reply::Opened => {}
                _ => bail!("a writer did not start"),
            }
        }
        Ok(load)
    }

    fn load_file(&mut self, path: &Path, args: &LoadArgs) -> anyhow::Result<()> {
        let mut reader = FileReader::open(path, &args.file)?;
        let file_name = path.file_name().map_or_else(
            || "-".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        let Some(mut source) = self.find_source(&mut reader, path, args, file_name)? else {
            return Ok(());
        };
        let (_, size) = reader.progress();
        let mut progress = Progress::start(
            Unit::Bytes,
            (size > 0).then_some(size),
            Duration::from_secs(5),
        );
        let mut batch = self.next_batch(&source);
        // Whether the last record may be half a record.
        let mut is_cut = false;
        let mut outcome = loop {
            if self.shutdown.is_asked() {
                break Err(interrupted());
            }
            match reader.next_record() {
                Ok(Some(record)) => {
                    is_cut = record.is_at_end;
                    let decoded = record
                        .event
                        .map_err(|rejection| with_line(rejection, &source.file_name, record.line));
                    let origin = Origin {
                        partition: PARTITION,
                        position: i64::try_from(record.line).unwrap_or(i64::MAX),
                        key: None,
                        payload: Some(record.raw),
                    };
                    batch.push(origin, &decoded);
                }
                Ok(None) => break Ok(()),
                // The records before the damaged part are valid, and are stored.
                Err(error) => break Err(error.into()),
            }
            let is_full = self.limits.is_full(batch.row_count(), batch.byte_count());
            if is_full && !self.shutdown.is_asked() {
                self.send(batch, &mut source, &mut reader)?;
                batch = self.next_batch(&source);
                let (read, size) = reader.progress();
                progress.update(self.stored.totals.read, read, (size > 0).then_some(size));
            }
        };
        // A signal to all programs of a pipeline also ends the input, possibly within a record.
        let is_interrupted = self.shutdown.is_asked();
        if is_interrupted && outcome.is_ok() {
            outcome = Err(interrupted());
        }
        // The position after half a record must not be stored: the next run reads this batch again.
        if !(is_cut && is_interrupted) {
            self.send(batch, &mut source, &mut reader)?;
        }
        while self.in_flight > 0 {
            self.wait_for_report()?;
        }
        progress.finish();
        outcome?;
        self.release(&source)?;
        self.add_loaded(path, source.name, source.from);
        Ok(())
    }

    /// Releases a file that was read to its end, so that it does not hold the watermark back until it counts as idle.
    fn release(&mut self, source: &Source) -> anyhow::Result<()> {
        self.writers[0].send(Request::Release {
            generation: GENERATION,
            source: source.name.clone(),
            partition: PARTITION,
            epoch: source.epoch,
        });
        match self.next_reply()? {
            Reply::Released => Ok(()),
            _ => bail!("the writer did not release the file"),
        }
    }

    fn add_loaded(&mut self, path: &Path, source: Arc<str>, end: Option<i64>) {
        self.loaded.extend(end.map(|end| Loaded {
            path: path.to_owned(),
            source,
            end,
        }));
    }

    /// Checks that the database still has the files of this load. A new connection may lead to a server that lacks the last
    /// commits, as after a failover. That fences the next batch of a file, but a file may have no further batch.
    fn check_loaded(&mut self) -> anyhow::Result<()> {
        let loaded = std::mem::take(&mut self.loaded);
        // Again if a connection was replaced during the check.
        while std::mem::take(&mut self.has_reopened) {
            for file in &loaded {
                if self.position(&file.source)? < Some(file.end) {
                    return Err(lost_rows(&file.path));
                }
            }
        }
        Ok(())
    }

    fn next_batch(&mut self, source: &Source) -> Batch {
        let mut batch = self.spare.pop().unwrap_or_default();
        batch.begin(source.name.clone(), GENERATION);
        batch
    }

    fn send(
        &mut self,
        mut batch: Batch,
        source: &mut Source,
        reader: &mut FileReader,
    ) -> anyhow::Result<()> {
        while self.in_flight >= WRITERS {
            self.wait_for_report()?;
        }
        let to = i64::try_from(reader.position())?;
        if source.from == Some(to) {
            return Ok(());
        }
        batch.cover(PARTITION, source.from, to, source.epoch, None);
        batch.set_source_identity(&source.states.for_ledger(&reader.checksum()));
        source.from = Some(to);
        self.in_flight += 1;
        let ticket = self.tickets.issue();
        let writer = &self.writers[ticket.number() % WRITERS];
        writer.send(Request::Write(batch, Some(ticket)));
        Ok(())
    }

    fn wait_for_report(&mut self) -> anyhow::Result<()> {
        match self.next_reply()? {
            Reply::Written { batch, stored } => {
                self.stored.add(&stored);
                self.in_flight -= 1;
                self.spare.push(batch);
                if let Some(limit) = &mut self.reject_limit {
                    limit.check(&stored.totals)?;
                }
                Ok(())
            }
            Reply::Fenced { .. } => bail!("another ingestor has claimed this file"),
            _ => bail!("a batch was dropped"),
        }
    }

    fn next_reply(&mut self) -> anyhow::Result<Reply> {
        loop {
            match self.next_report()?.reply {
                Reply::Failed(error) => return Err(error.into()),
                // The new connection may lead to a server whose ledger is older: see `check_loaded`.
                Reply::Reopened => self.has_reopened = true,
                reply => return Ok(reply),
            }
        }
    }

    /// Waits for a report; after a signal not without limit, because the writers wait out every outage.
    fn next_report(&mut self) -> anyhow::Result<Report> {
        loop {
            match self.reports.recv_timeout(CHECK_SIGNAL_EVERY) {
                Ok(report) => return Ok(report),
                Err(RecvTimeoutError::Disconnected) => bail!("the writers ended"),
                Err(RecvTimeoutError::Timeout) if self.shutdown.is_asked() => {
                    let now = Instant::now();
                    if now >= *self.drain_until.get_or_insert(now + DRAIN_WITHIN) {
                        // The server that comes back may have an older ledger: `run` warns about the files that are loaded.
                        self.has_reopened = true;
                        return Err(interrupted());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

fn interrupted() -> anyhow::Error {
    anyhow::anyhow!("interrupted; run it again to continue from here")
}

fn lost_rows(path: &Path) -> anyhow::Error {
    anyhow::anyhow!(
        "the database has lost rows of {}, as after a failover; run it again to load them",
        path.display()
    )
}

/// Adds file and line to a rejection.
fn with_line(rejection: Rejection, file_name: &str, line: u64) -> Rejection {
    Rejection::new(
        rejection.reason,
        format!("{} ({file_name}, line {line})", rejection.detail),
    )
}
