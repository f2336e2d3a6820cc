//! The loop: polls Kafka, answers the group, sends batches when they are due, listens to the writers.

mod end;
mod ownership;
mod reading;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::client::Consumer;
use super::holdings::Holdings;
use super::intake::Intake;
use super::lane::Lane;
use super::position::{Misfit, Policy};
use super::takeover::{BOUNDED_STANDSTILL, STANDSTILL, Standby};
use super::watch::Watch;
use crate::backoff::DatabaseOutage;
use crate::batch::Limits;
use crate::counts::Stored;
use crate::database::Server;
use crate::dead_letter::DeadLetters;
use crate::monitor::Observer;
use crate::progress::{Progress, Unit};
use crate::reject_limit::RejectLimit;
use crate::shutdown::Shutdown;
use crate::summary::Ending;
use crate::writer::{News, Order, Report, Writer, WriterConfig};
use trouble::Absence;

/// Longest wait for Kafka or a writer, which both wake the loop, before it looks at everything again.
const TICK: Duration = Duration::from_millis(100);
/// Between copies of the offsets to the group.
const COMMIT_EVERY: Duration = Duration::from_secs(5);
/// Without events, between questions whether the database could take some.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// What a stream is to do.
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) policy: Policy,
    pub(super) writer_count: usize,
    pub(super) drain_timeout: Duration,
    pub(super) connect_within: Option<Duration>,
    pub(super) owner: Arc<str>,
    /// Set when the run has begun: see [`Pump::start`].
    pub(super) source: Arc<str>,
    pub(super) reject_limit: Option<RejectLimit>,
    pub(super) dead_letters: Option<DeadLetters>,
    pub(super) observer: Observer,
}

pub(super) struct Pump {
    consumer: Consumer,
    settings: Settings,
    shutdown: Shutdown,
    reports: mpsc::Receiver<Report>,
    intake: Intake,
    /// Raised whenever what is under way loses its meaning; shared with the writers.
    generation: Arc<AtomicU64>,
    /// Whether the group has given us anything, be it no partition.
    has_joined: bool,
    holdings: Holdings,
    /// Where a bounded run ends, as it was when it began.
    ends: BTreeMap<i32, i64>,
    /// Whether the ledger had an offset of any partition of the topic when the run began.
    is_source_known: bool,
    /// Under which epoch each partition was last held.
    epochs: BTreeMap<i32, i64>,
    /// How far the ledger was last known to be; `None`: nothing was ever stored.
    next_offsets: BTreeMap<i32, Option<i64>>,
    /// Partitions of a bounded run whose reading ended before the run's end: the last offsets hold no records, or the
    /// replica that is read lacks some.
    unproven: BTreeSet<i32>,
    /// When these are looked at.
    prove_at: Option<Instant>,
    /// When Kafka is asked again for the bounds of its logs.
    place_at: Option<Instant>,
    /// Since when Kafka says that it does not know the topic, and when it is asked again.
    absent: Option<Absence>,
    standby: Standby,
    look_at: Option<Instant>,
    /// Since when a batch has been full without its writer being free.
    full_since: Option<Instant>,
    /// Whether it was told that a writer is that far behind.
    is_behind: bool,
    stored: BTreeMap<i32, i64>,
    committed_at: Instant,
    complaints: BTreeMap<String, Instant>,
    watch: Watch,
    probe_at: Option<Instant>,
    total: Stored,
    offsets_to_read: Option<u64>,
    progress: Progress,
}

impl Pump {
    /// Starts the writers and waits until the database is there.
    pub(super) fn start(
        consumer: Consumer,
        watch: Watch,
        server: Server,
        settings: Settings,
        shutdown: Shutdown,
    ) -> anyhow::Result<Pump> {
        let (sender, reports) = mpsc::channel();
        let generation = Arc::new(AtomicU64::new(0));
        let config = WriterConfig {
            server,
            dead_letters: settings.dead_letters.clone(),
            observer: settings.observer.clone(),
            outage: DatabaseOutage::new(settings.observer.clone()),
            owner: settings.owner.clone(),
            generation: generation.clone(),
            connect_within: settings.connect_within,
        };
        let lanes = (0..settings.writer_count)
            .map(|number| {
                Ok(Lane::new(Writer::start(
                    number,
                    config.clone(),
                    sender.clone(),
                )?))
            })
            .collect::<std::io::Result<Vec<_>>>()
            .context("cannot start a writer")?;
        let standby = Standby::new(if consumer.is_bounded() {
            BOUNDED_STANDSTILL
        } else {
            STANDSTILL
        });
        let log_every = Duration::from_secs(if consumer.is_bounded() { 5 } else { 30 });
        let mut pump = Pump {
            intake: Intake::new(lanes, settings.limits, settings.source.clone()),
            progress: Progress::start(Unit::Events, consumer.is_bounded().then_some(0), log_every),
            consumer,
            settings,
            shutdown,
            reports,
            generation,
            has_joined: false,
            holdings: Holdings::default(),
            ends: BTreeMap::new(),
            is_source_known: false,
            epochs: BTreeMap::new(),
            next_offsets: BTreeMap::new(),
            unproven: BTreeSet::new(),
            prove_at: None,
            place_at: None,
            absent: None,
            standby,
            look_at: None,
            full_since: None,
            is_behind: false,
            stored: BTreeMap::new(),
            committed_at: Instant::now(),
            complaints: BTreeMap::new(),
            watch,
            probe_at: Some(Instant::now() + PROBE_EVERY),
            total: Stored::default(),
            offsets_to_read: None,
        };
        pump.wait_for_writers()?;
        pump.choose_source()?;
        Ok(pump)
    }

    fn wait_for_writers(&mut self) -> anyhow::Result<()> {
        let mut opened = 0;
        while opened < self.intake.lanes.len() && !self.shutdown.is_asked() {
            self.settings.observer.beat();
            match self.reports.recv_timeout(TICK) {
                Ok(Report {
                    news: News::Failed(error),
                    ..
                }) => return Err(error.into()),
                Ok(_) => opened += 1,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("the writers ended"),
            }
        }
        Ok(())
    }

    /// Runs until the end, a signal or an error that is no outage.
    pub(super) fn run(&mut self) -> anyhow::Result<Ending> {
        self.intake.begin(0);
        if let Some(partitions) = self.consumer.join()? {
            self.has_joined = true;
            self.holdings.give(&partitions);
            if self.consumer.is_bounded() {
                self.find_ends(&partitions)?;
            }
            self.claim(&partitions);
        }
        loop {
            while let Ok(report) = self.reports.try_recv() {
                self.hear(report)?;
            }
            self.serve_client()?;
            self.answer_group()?;
            self.place_claimed()?;
            self.prove_ends()?;
            self.look_at_standby();
            self.show_health()?;
            self.intake.send(false);
            self.copy_offsets(false);
            self.show_progress();
            if self.shutdown.is_asked() {
                tracing::info!("stopping: storing what is under way");
                let is_drained = self.drain(self.settings.drain_timeout)?;
                if !is_drained {
                    tracing::warn!("not all could be stored in time; the next run reads it again");
                }
                return Ok(match self.consumer.is_bounded() {
                    false => Ending::Stopped,
                    true if is_drained && self.is_at_end() => Ending::AtEnd,
                    true => Ending::Interrupted,
                });
            }
            if self.consumer.is_bounded() && self.is_at_end() {
                if self.intake.is_empty() {
                    return Ok(Ending::AtEnd);
                }
                self.intake.send(true);
                self.wait_for_report()?;
                continue;
            }
            self.read()?;
        }
    }

    /// Says what was done, after copying the offsets and leaving the group. A run that ended well gives its partitions
    /// up: they no longer hold the watermark back.
    pub(super) fn end(mut self, is_well: bool) -> Stored {
        self.progress.finish();
        self.copy_offsets(true);
        // What could not be stored in time is under way still: whoever comes next claims.
        if is_well && self.intake.is_empty() {
            self.release();
        }
        self.consumer.close();
        self.total
    }

    fn is_at_end(&self) -> bool {
        self.holdings.is_settled()
            && self.intake.partitions().len() == self.holdings.len()
            && self.intake.unfinished().is_empty()
    }

    fn wait_for_report(&mut self) -> anyhow::Result<()> {
        match self.reports.recv_timeout(TICK) {
            Ok(report) => self.hear(report),
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => bail!("the writers ended"),
        }
    }

    fn hear(&mut self, report: Report) -> anyhow::Result<()> {
        let current = self.generation.load(Ordering::Acquire);
        let lane = report.writer;
        match report.news {
            News::Opened => {}
            News::Probed => self.probe_at = Some(Instant::now() + PROBE_EVERY),
            News::Failed(error) => return Err(error.into()),
            News::Written { batch, stored } => {
                self.total.add(&stored);
                for span in batch.spans() {
                    self.stored.insert(span.partition, span.to);
                    self.next_offsets.insert(span.partition, Some(span.to));
                    if batch.generation() == current {
                        self.settings.observer.moved(span.partition, span.to);
                    }
                }
                self.intake.lanes[lane].returned(batch);
                if self.probe_at.is_some() {
                    self.probe_at = Some(Instant::now() + PROBE_EVERY);
                }
                if let Some(limit) = &mut self.settings.reject_limit {
                    limit.judge(&stored.totals)?;
                }
            }
            News::Dropped { batch } => self.intake.lanes[lane].returned(batch),
            News::Fenced { batch } => {
                let generation = batch.generation();
                self.intake.lanes[lane].returned(batch);
                if generation == current {
                    self.look_again()?;
                }
            }
            News::Claimed { generation, claims } if generation == current => {
                self.holdings.answered(claims);
            }
            News::Seen {
                generation,
                holders,
            } if generation == current => self.judge(holders)?,
            News::Claimed { .. } | News::Seen { .. } | News::Released => {}
        }
        Ok(())
    }

    /// Makes all that is under way meaningless; writers drop it.
    fn next_generation(&mut self) {
        let generation = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
        self.intake.begin(generation);
        self.holdings.restart();
        self.place_at = None;
        self.unproven.clear();
        self.standby.clear();
        self.look_at = None;
        self.is_behind = false;
        self.full_since = None;
    }

    /// Sends all there is and waits until it is stored; false if that takes too long.
    fn drain(&mut self, within: Duration) -> anyhow::Result<bool> {
        let deadline = Instant::now() + within;
        let generation = self.generation.load(Ordering::Acquire);
        while !self.intake.is_empty() {
            if Instant::now() >= deadline {
                return Ok(false);
            }
            self.settings.observer.beat();
            self.intake.send(true);
            self.wait_for_report()?;
            if self.generation.load(Ordering::Acquire) != generation {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Tells how the loop is, and sees that the database is asked if nothing else asks it.
    fn show_health(&mut self) -> anyhow::Result<()> {
        let observer = &self.settings.observer;
        observer.beat();
        self.has_joined = self.has_joined || self.consumer.is_silent_member();
        let is_reading = self.has_joined
            && self.holdings.is_settled()
            && self.intake.partitions().len() == self.holdings.len();
        observer.reading(is_reading);
        if self.watch.has_seen_another() {
            return Err(Misfit::Recreated {
                topic: self.consumer.topic().to_owned(),
                next_offsets: self.next_offsets.clone(),
            }
            .into());
        }
        self.look_for_topic()?;
        if self.probe_at.is_some_and(|at| Instant::now() >= at) {
            self.probe_at = None;
            let generation = self.generation.load(Ordering::Acquire);
            self.intake.lanes[0]
                .writer
                .order(Order::Probe { generation });
        }
        Ok(())
    }

    fn copy_offsets(&mut self, now: bool) {
        if self.stored.is_empty() || (!now && self.committed_at.elapsed() < COMMIT_EVERY) {
            return;
        }
        self.committed_at = Instant::now();
        let stored = std::mem::take(&mut self.stored);
        self.consumer
            .commit(&stored.into_iter().collect::<Vec<_>>());
    }

    fn show_progress(&mut self) {
        let total = self.offsets_to_read;
        let done = total.map_or(self.total.totals.read, |total| {
            total.saturating_sub(self.intake.remaining())
        });
        self.progress.update(
            self.total.totals.read,
            done,
            if self.consumer.is_bounded() {
                total
            } else {
                None
            },
        );
    }
}
