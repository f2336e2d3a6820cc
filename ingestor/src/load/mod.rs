//! `load`: files into Postgres, each row exactly once.
//!
//! A file is a source of its own in the ledger, named by its fingerprint; its position there is the
//! byte offset in the decompressed stream, stored with the checksum of all before it, in the
//! transaction of the rows. So a killed load goes on where it was, a second one finds nothing to do,
//! and a file that was changed is refused. Rejects carry the line as their position.

mod judge;
mod paths;
mod place;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
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
use crate::owner;
use crate::progress::{Progress, Unit};
use crate::reject_limit::{RejectArgs, RejectLimit};
use crate::shutdown::Shutdown;
use crate::summary::Ending;
use crate::writer::{News, Order, Report, Turns, Writer, WriterConfig};

#[derive(Debug, clap::Args)]
pub(crate) struct LoadArgs {
    /// CSV or NDJSON files, plain, .gz or .zst, or folders that hold some; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Judge the files only: name each bad row, count, store nothing; needs no database
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Load a file that was changed since it was loaded from its beginning, as a source of its own
    #[arg(long)]
    pub(crate) accept_changed: bool,
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// Most rows in one transaction
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "N")]
    pub(crate) batch_rows: u32,
    #[command(flatten)]
    pub(crate) reject: RejectArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// One batch is staged while the one before it is stored; meanwhile the next one is filled.
const WRITERS: usize = 2;
/// Bytes of rows in one transaction, at most.
const MAX_BATCH_BYTES: usize = 16 << 20;
/// How long the database may be away before the first file is begun.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);
/// A file has no partitions: it is its own only one.
const PARTITION: i32 = 0;
/// A load is alone with its sources: nothing is ever given up.
const GENERATION: u64 = 0;

/// Loads the files one after the other and prints the summary.
///
/// # Errors
/// A file cannot be read to its end or was changed, the set-up is wrong, or the load was interrupted.
pub(crate) fn run(args: LoadArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let shutdown = Shutdown::on_signal().context("cannot listen for signals")?;
    let files = paths::expand(&args.files)?;
    if args.dry_run {
        return judge::run(&files, &args.file, args.output.output, &shutdown);
    }
    let server = Server {
        is_asked: true,
        ..database::server(&args.database)?
    };
    // Files that cannot be a load stop it before anything is stored.
    for path in &files {
        if path != Path::new("-") {
            FileReader::open(path, &args.file)?;
        }
    }
    let mut load = Load::start(server, &args, shutdown.clone())?;
    let outcome = files.iter().try_for_each(|path| {
        load.file(path, &args)
            .with_context(|| format!("cannot load {}", path.display()))
    });
    let ending = match &outcome {
        Ok(()) => Ending::AtEnd,
        Err(_) if shutdown.is_asked() => Ending::Interrupted,
        Err(_) => return outcome,
    };
    load.stored
        .print(ending, started.elapsed(), args.output.output);
    outcome
}

struct Load {
    writers: Vec<Writer>,
    turns: Turns,
    reports: mpsc::Receiver<Report>,
    limits: Limits,
    reject_limit: Option<RejectLimit>,
    shutdown: Shutdown,
    stored: Stored,
    in_flight: usize,
    spare: Vec<Batch>,
}

/// A file that is being loaded: where the next batch begins in the ledger.
struct Source {
    name: Arc<str>,
    file_name: String,
    from: Option<i64>,
    epoch: i64,
    /// What was loaded of it before.
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
            turns: Turns::new(),
            reports,
            limits,
            reject_limit: args.reject.limit(1.0),
            shutdown,
            stored: Stored::default(),
            in_flight: 0,
            spare: Vec::new(),
        };
        for _ in 0..WRITERS {
            match load.next_news()? {
                News::Opened => {}
                _ => bail!("a writer did not start"),
            }
        }
        Ok(load)
    }

    fn file(&mut self, path: &Path, args: &LoadArgs) -> anyhow::Result<()> {
        let mut reader = FileReader::open(path, &args.file)?;
        let file_name = path.file_name().map_or_else(
            || "-".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        let Some(mut source) = self.place(&mut reader, path, args, file_name)? else {
            return Ok(());
        };
        let (_, size) = reader.progress();
        let mut progress = Progress::start(
            Unit::Bytes,
            (size > 0).then_some(size),
            Duration::from_secs(5),
        );
        let mut batch = self.next_batch(&source);
        let outcome = loop {
            if self.shutdown.is_asked() {
                break Err(anyhow::anyhow!(
                    "interrupted; run it again to go on from here"
                ));
            }
            match reader.next_record() {
                Ok(Some(record)) => {
                    let judged = record
                        .event
                        .map_err(|rejection| naming(rejection, &source.file_name, record.line));
                    let origin = Origin {
                        partition: PARTITION,
                        position: i64::try_from(record.line).unwrap_or(i64::MAX),
                        key: None,
                        payload: Some(record.raw),
                    };
                    batch.push(origin, &judged);
                }
                Ok(None) => break Ok(()),
                // What came before the damage is whole, and is kept.
                Err(error) => break Err(error.into()),
            }
            if self.limits.is_full(batch.row_count(), batch.byte_count()) {
                self.send(batch, &mut source, &mut reader)?;
                batch = self.next_batch(&source);
                let (read, size) = reader.progress();
                progress.update(self.stored.totals.read, read, (size > 0).then_some(size));
            }
        };
        self.send(batch, &mut source, &mut reader)?;
        while self.in_flight > 0 {
            self.wait_for_report()?;
        }
        progress.finish();
        outcome?;
        self.release(&source)
    }

    /// The file has given all it has: it must not hold the watermark back until it counts as idle.
    fn release(&mut self, source: &Source) -> anyhow::Result<()> {
        self.writers[0].order(Order::Release {
            generation: GENERATION,
            source: source.name.clone(),
            partition: PARTITION,
            epoch: source.epoch,
        });
        match self.next_news()? {
            News::Released => Ok(()),
            _ => bail!("the writer did not release the file"),
        }
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
        batch.set_checksum(&source.states.for_ledger(&reader.checksum()));
        source.from = Some(to);
        self.in_flight += 1;
        let turn = self.turns.take();
        let writer = &self.writers[turn.number() % WRITERS];
        writer.order(Order::Write(batch, Some(turn)));
        Ok(())
    }

    fn wait_for_report(&mut self) -> anyhow::Result<()> {
        match self.next_news()? {
            News::Written { batch, stored } => {
                self.stored.add(&stored);
                self.in_flight -= 1;
                self.spare.push(batch);
                if let Some(limit) = &mut self.reject_limit {
                    limit.judge(&stored.totals)?;
                }
                Ok(())
            }
            News::Fenced { .. } => bail!("another ingestor has taken this file over"),
            _ => bail!("a batch was dropped"),
        }
    }

    fn next_news(&mut self) -> anyhow::Result<News> {
        match self.reports.recv().context("the writer ended")?.news {
            News::Failed(error) => Err(error.into()),
            news => Ok(news),
        }
    }
}

/// Adds where to find the row to a rejection.
fn naming(rejection: Rejection, file_name: &str, line: u64) -> Rejection {
    Rejection::new(
        rejection.reason,
        format!("{} ({file_name}, line {line})", rejection.detail),
    )
}
