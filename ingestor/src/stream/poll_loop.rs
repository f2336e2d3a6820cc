//! The poll loop: polls Kafka, answers the group, sends batches that are due, and handles the reports of the writers.
//!
//! It runs on one thread and does the I/O; what it decides is decided by values that are tested alone: [`Assignment`],
//! [`Placement`], [`Standby`], [`Trouble`], [`EndCheck`], [`Backpressure`], [`GroupOffsets`].

mod assign;
mod end;
mod place;
mod read;
mod source;
mod unread;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rdkafka::error::KafkaError;

use super::assignment::Assignment;
use super::backpressure::Backpressure;
use super::batcher::Batcher;
use super::client::Consumer;
use super::end_check::EndCheck;
use super::group_offsets::GroupOffsets;
use super::placement::{Placement, Policy};
use super::run_progress::RunProgress;
use super::standby::{BOUNDED_STANDSTILL, STANDSTILL, Standby};
use super::trouble::{Reaction, Trouble};
use super::watch::TopicWatch;
use super::writer_slot::WriterSlot;
use crate::backoff::DatabaseOutage;
use crate::batch::Limits;
use crate::counts::Stored;
use crate::database::Server;
use crate::dead_letter::DeadLetters;
use crate::monitor::Observer;
use crate::reject_limit::RejectLimit;
use crate::shutdown::Shutdown;
use crate::summary::Ending;
use crate::writer::{Reply, Report, Request, Writer, WriterConfig};

/// Longest wait for a record or a report, which both wake the thread. All timers are looked at after it.
const TICK: Duration = Duration::from_millis(100);
/// Time between checks of the database while no batch is stored.
const CHECK_DATABASE_EVERY: Duration = Duration::from_secs(5);
/// Time between reports of the polled offsets: the ends that they are compared with are not read more often.
const REPORT_POLLED_EVERY: Duration = Duration::from_secs(5);

/// What a stream is to do.
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) policy: Policy,
    pub(super) writer_count: usize,
    pub(super) drain_timeout: Duration,
    pub(super) connect_within: Option<Duration>,
    pub(super) owner: Arc<str>,
    pub(super) reject_limit: Option<RejectLimit>,
    pub(super) dead_letters: Option<DeadLetters>,
    pub(super) observer: Observer,
}

pub(super) struct PollLoop {
    consumer: Consumer,
    settings: Settings,
    shutdown: Shutdown,
    reports: mpsc::Receiver<Report>,
    /// Raised when all batches and requests in flight become invalid; shared with the writers, which drop them.
    generation: Arc<AtomicU64>,
    batcher: Batcher,
    assignment: Assignment,
    placement: Placement,
    standby: Standby,
    trouble: Trouble,
    end_check: EndCheck,
    backpressure: Backpressure,
    group_offsets: GroupOffsets,
    watch: TopicWatch,
    /// When the database is checked next; `None` while a check is in flight.
    check_database_at: Option<Instant>,
    report_polled_at: Instant,
    progress: RunProgress,
}

impl PollLoop {
    /// Starts the writers, waits until they are connected, and chooses the source.
    pub(super) fn start(
        consumer: Consumer,
        watch: TopicWatch,
        server: Server,
        settings: Settings,
        shutdown: Shutdown,
    ) -> anyhow::Result<PollLoop> {
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
        let slots = (0..settings.writer_count)
            .map(|number| {
                let writer = Writer::start(number, config.clone(), sender.clone())?;
                Ok(WriterSlot::new(writer))
            })
            .collect::<std::io::Result<Vec<_>>>()
            .context("cannot start a writer")?;
        let is_bounded = consumer.is_bounded();
        let mut poll_loop = PollLoop {
            batcher: Batcher::new(slots, settings.limits),
            placement: Placement::new(
                consumer.topic(),
                consumer.topic_id(),
                consumer.partition_count(),
                settings.policy,
            ),
            standby: Standby::new(if is_bounded {
                BOUNDED_STANDSTILL
            } else {
                STANDSTILL
            }),
            progress: RunProgress::start(is_bounded),
            consumer,
            settings,
            shutdown,
            reports,
            generation,
            assignment: Assignment::default(),
            trouble: Trouble::default(),
            end_check: EndCheck::default(),
            backpressure: Backpressure::default(),
            group_offsets: GroupOffsets::new(Instant::now()),
            watch,
            check_database_at: Some(Instant::now() + CHECK_DATABASE_EVERY),
            report_polled_at: Instant::now() + REPORT_POLLED_EVERY,
        };
        poll_loop.wait_for_writers()?;
        poll_loop.choose_source()?;
        Ok(poll_loop)
    }

    fn wait_for_writers(&mut self) -> anyhow::Result<()> {
        let mut connected = 0;
        while connected < self.batcher.slots.len() && !self.shutdown.is_asked() {
            self.settings.observer.beat();
            match self.reports.recv_timeout(TICK) {
                Ok(Report {
                    reply: Reply::Failed(error),
                    ..
                }) => return Err(error.into()),
                Ok(_) => connected += 1,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("the writers ended"),
            }
        }
        Ok(())
    }

    /// Runs to the end of a bounded run, to a signal, or to an error that is no outage.
    pub(super) fn run(&mut self) -> anyhow::Result<Ending> {
        self.batcher.restart(0);
        if let Some(partitions) = self.consumer.join()? {
            self.assignment.add(&partitions);
            if self.consumer.is_bounded() {
                self.find_ends(&partitions)?;
            }
            self.claim(&partitions);
        }
        loop {
            while let Ok(report) = self.reports.try_recv() {
                self.handle_report(report)?;
            }
            self.poll_client()?;
            self.handle_group_events()?;
            self.place_claimed()?;
            self.check_ends()?;
            self.read_standby_entries();
            self.check_topic()?;
            self.update_health();
            self.batcher.send_due();
            let offsets = self.group_offsets.take_due(Instant::now());
            self.consumer.commit(&offsets);
            self.progress.show(self.batcher.remaining());
            if self.shutdown.is_asked() {
                return self.stop();
            }
            if self.consumer.is_bounded() && self.is_at_end() {
                if self.batcher.is_empty() {
                    return Ok(Ending::AtEnd);
                }
                self.batcher.send_all();
                self.wait_for_report()?;
                continue;
            }
            self.read()?;
        }
    }

    fn stop(&mut self) -> anyhow::Result<Ending> {
        tracing::info!("stopping: storing the batches in flight");
        let is_drained = self.drain(self.settings.drain_timeout)?;
        if !is_drained {
            tracing::warn!(
                "not all batches could be stored in time; the next run reads them again"
            );
        }
        Ok(match self.consumer.is_bounded() {
            false => Ending::Stopped,
            true if is_drained && self.is_at_end() => Ending::AtEnd,
            true => Ending::Interrupted,
        })
    }

    /// Copies the offsets to the group, leaves it, and returns what was stored. A run that ended well releases the partitions
    /// that it has read, so that they no longer hold the watermark back.
    pub(super) fn end(mut self, is_well: bool) -> Stored {
        let offsets = self.group_offsets.take_all(Instant::now());
        self.consumer.commit(&offsets);
        // A batch may still be in flight. Then the partitions stay ours until another ingestor claims them.
        if is_well && self.batcher.is_empty() {
            self.release_partitions();
        }
        self.consumer.close();
        self.progress.finish()
    }

    /// Whether all assigned partitions are being read or were read to their end.
    fn is_reading_all(&self) -> bool {
        self.assignment.is_settled() && self.batcher.partitions().len() == self.assignment.len()
    }

    fn is_at_end(&self) -> bool {
        self.is_reading_all() && self.batcher.unfinished().is_empty()
    }

    fn wait_for_report(&mut self) -> anyhow::Result<()> {
        match self.reports.recv_timeout(TICK) {
            Ok(report) => self.handle_report(report),
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => bail!("the writers ended"),
        }
    }

    fn current_generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn handle_report(&mut self, report: Report) -> anyhow::Result<()> {
        let current = self.current_generation();
        let slot = report.writer;
        match report.reply {
            Reply::Failed(error) => return Err(error.into()),
            Reply::DatabaseChecked => self.schedule_database_check(),
            Reply::Written { batch, stored } => {
                self.progress.add(&stored);
                for span in batch.spans() {
                    self.group_offsets.stored(span.partition, span.to);
                    self.placement.stored(span.partition, span.epoch, span.to);
                    if batch.generation() == current {
                        self.settings.observer.ledger_moved(span.partition, span.to);
                    }
                }
                self.batcher.slots[slot].take_back(batch);
                if self.check_database_at.is_some() {
                    self.schedule_database_check();
                }
                if let Some(limit) = &mut self.settings.reject_limit {
                    limit.check(&stored.totals)?;
                }
            }
            Reply::Dropped { batch } => self.batcher.slots[slot].take_back(batch),
            Reply::Fenced { batch } => {
                let generation = batch.generation();
                self.batcher.slots[slot].take_back(batch);
                if generation == current {
                    self.read_ledger_again()?;
                }
            }
            Reply::Claimed { generation, claims } if generation == current => {
                self.assignment.record_claims(claims);
            }
            Reply::LedgerRead {
                generation,
                entries,
            } if generation == current => self.handle_ledger_entries(entries)?,
            // A partition without new records has no batch that would be fenced if the ledger has gone back.
            Reply::Reopened => self.read_ledger(self.assignment.partitions()),
            Reply::Opened | Reply::Claimed { .. } | Reply::LedgerRead { .. } | Reply::Released => {}
        }
        Ok(())
    }

    /// # Errors
    /// The run cannot continue.
    fn handle_kafka_error(&mut self, error: &KafkaError) -> anyhow::Result<()> {
        let fatal = match error {
            KafkaError::MessageConsumptionFatal(_) => self.consumer.fatal_error(),
            _ => None,
        };
        match self.trouble.react(error, fatal, Instant::now())? {
            Reaction::Continue => Ok(()),
            Reaction::ReadLedger => self.read_ledger_again(),
        }
    }

    /// Invalidates everything in flight: batches are discarded, and all partitions must be claimed again.
    fn begin_generation(&mut self) {
        let generation = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
        self.batcher.restart(generation);
        self.assignment.restart();
        self.placement.retry_now();
        self.end_check.clear();
        self.standby.clear();
        self.backpressure.reset();
    }

    /// Sends all batches and waits until they are stored; false if that takes too long.
    fn drain(&mut self, within: Duration) -> anyhow::Result<bool> {
        let deadline = Instant::now() + within;
        let generation = self.current_generation();
        while !self.batcher.is_empty() {
            if Instant::now() >= deadline {
                return Ok(false);
            }
            self.settings.observer.beat();
            self.batcher.send_all();
            self.wait_for_report()?;
            if self.current_generation() != generation {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the topic is still there, and still the same.
    fn check_topic(&mut self) -> anyhow::Result<()> {
        if self.watch.has_seen_other_topic() {
            return Err(self.placement.recreated(&BTreeMap::new()).into());
        }
        if self.trouble.is_topic_check_due(Instant::now()) {
            let is_known = self.consumer.is_topic_known();
            self.trouble.topic_checked(is_known, Instant::now())?;
        }
        Ok(())
    }

    /// Reports the health of the loop and the polled offsets, and has the database checked if no batch does.
    fn update_health(&mut self) {
        self.settings.observer.beat();
        if !self.assignment.has_arrived() && self.consumer.is_silent_member() {
            self.assignment.set_arrived();
        }
        let is_reading = self.assignment.has_arrived() && self.is_reading_all();
        self.settings.observer.set_reading(is_reading);
        let now = Instant::now();
        if now >= self.report_polled_at {
            self.report_polled_at = now + REPORT_POLLED_EVERY;
            self.report_polled();
        }
        if self.check_database_at.is_some_and(|at| now >= at) {
            self.check_database_at = None;
            let generation = self.current_generation();
            self.batcher.slots[0]
                .writer
                .send(Request::CheckDatabase { generation });
        }
    }

    fn schedule_database_check(&mut self) {
        self.check_database_at = Some(Instant::now() + CHECK_DATABASE_EVERY);
    }
}
