//! What the client has fetched becomes rows of batches.

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use rdkafka::error::KafkaError;

use super::super::fetch_queue::{Fetched, Record};
use super::super::intake::Taken;
use super::{Pump, TICK};

/// Records taken of a partition between two looks at the writers, which wait for their next batch.
const BURST: usize = 1000;
/// After so long without room for records, at the latest, it is told that the database is behind.
const BEHIND_AFTER: Duration = Duration::from_secs(20);

/// Why the taking of a partition's records ended before its queue was empty.
enum Stop {
    /// Its batch is full, or others have their turn.
    Turn,
    /// The run is done with the partition.
    Done(i32),
    /// The replica that is read has no more records of it for now.
    End(i32),
    Failed(KafkaError),
}

impl Pump {
    /// Has the client tell what the group asks for and what went wrong. The group takes a member for dead that does not
    /// do this for a while.
    pub(super) fn serve_client(&mut self) -> anyhow::Result<()> {
        while let Some(polled) = self.consumer.inner().poll(Duration::ZERO) {
            let stop = match polled {
                // Records come by the queue of their partition, but those of a partition that was made anew since it was
                // assigned.
                Ok(message) => {
                    let partition = message.partition();
                    let taken = self
                        .intake
                        .taker(partition)
                        .map(|mut taker| taker.take(&Record::polled(&message)));
                    match taken {
                        Some(Taken::Done) => Stop::Done(partition),
                        _ => Stop::Turn,
                    }
                }
                Err(KafkaError::PartitionEOF(partition)) => Stop::End(partition),
                Err(error) => Stop::Failed(error),
            };
            self.stopped(stop)?;
        }
        Ok(())
    }

    /// Takes records of all partitions that have some and whose writers have room, or waits until there are any.
    pub(super) fn read(&mut self) -> anyhow::Result<()> {
        self.tell_whether_behind();
        let stops = self.take_fetched();
        if stops.is_empty() {
            // Whatever comes after the look at it wakes this thread: an event of the client, a record, a report.
            let wait = self.intake.patience().unwrap_or(TICK);
            thread::park_timeout(wait.min(TICK));
        }
        for stop in stops {
            self.stopped(stop)?;
        }
        Ok(())
    }

    fn take_fetched(&mut self) -> Vec<Stop> {
        let mut stops = Vec::new();
        for (partition, queue) in self.consumer.queues().in_turn() {
            // What is left in the queue waits for the writer. Other partitions do not.
            if self.intake.is_full_for(partition) {
                continue;
            }
            // Records that were fetched before the partition was given up are dropped.
            let mut taker = self.intake.taker(partition);
            let mut count = 0;
            let stop = queue.serve(|fetched| {
                let record = match fetched {
                    Fetched::Record(record) => record,
                    Fetched::End => return ControlFlow::Break(Stop::End(partition)),
                    Fetched::Failed(error) => return ControlFlow::Break(Stop::Failed(error)),
                };
                let Some(taker) = &mut taker else {
                    return ControlFlow::Continue(());
                };
                count += 1;
                match taker.take(&record) {
                    Taken::Room if count < BURST => ControlFlow::Continue(()),
                    Taken::Room | Taken::Full => ControlFlow::Break(Stop::Turn),
                    Taken::Done => ControlFlow::Break(Stop::Done(partition)),
                }
            });
            stops.extend(stop);
        }
        stops
    }

    fn stopped(&mut self, stop: Stop) -> anyhow::Result<()> {
        let done = match stop {
            Stop::Turn => None,
            Stop::Done(partition) => Some(partition),
            Stop::End(partition) => self.reached_end_of_replica(partition).then_some(partition),
            Stop::Failed(error) => return self.bear(&error),
        };
        match done {
            // Nothing more is wanted of it.
            Some(partition) => self.consumer.set_paused(&[partition], true),
            None => Ok(()),
        }
    }

    fn tell_whether_behind(&mut self) {
        if !self.intake.is_full() {
            self.full_since = None;
            if self.is_behind {
                self.is_behind = false;
                tracing::info!("reading goes on");
            }
            return;
        }
        let full_since = *self.full_since.get_or_insert_with(Instant::now);
        let patience = BEHIND_AFTER.min(self.consumer.poll_within() / 4);
        if !self.is_behind && full_since.elapsed() >= patience {
            self.is_behind = true;
            tracing::info!("the database is behind: reading pauses");
        }
    }
}
