//! Fetched records are added to batches.

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use rdkafka::error::KafkaError;

use super::super::backpressure::Change;
use super::super::batcher::Added;
use super::super::fetch_queue::{Fetched, Record};
use super::{PollLoop, TICK};

/// Records added from one partition before the loop handles the writers' reports: a free writer waits for its next batch.
const BURST: usize = 1000;
/// A full batch is logged after this time at the latest.
const BEHIND_AFTER: Duration = Duration::from_secs(20);

/// Why no more records of a partition were added.
enum Stop {
    /// The batch is full, or [`BURST`] records were added.
    Yielded,
    /// The bounded run has read this partition to its end.
    Done(i32),
    /// The replica has no more records of this partition for now.
    EndOfReplica(i32),
    Failed(KafkaError),
}

impl PollLoop {
    /// Serves the client's own queue: group events and errors. A member that does not do so for `max.poll.interval.ms` is
    /// removed from the group.
    pub(super) fn poll_client(&mut self) -> anyhow::Result<()> {
        while let Some(polled) = self.consumer.inner().poll(Duration::ZERO) {
            let stop = match polled {
                // Records come by the queues of their partitions. An exception is a partition of a topic that was recreated
                // after the assignment.
                Ok(message) => {
                    let partition = message.partition();
                    let added = self
                        .batcher
                        .partition(partition)
                        .map(|mut batcher| batcher.add(&Record::polled(&message)));
                    match added {
                        Some(Added::Done) => Stop::Done(partition),
                        _ => Stop::Yielded,
                    }
                }
                Err(KafkaError::PartitionEOF(partition)) => Stop::EndOfReplica(partition),
                Err(error) => Stop::Failed(error),
            };
            self.handle_stop(stop)?;
        }
        Ok(())
    }

    /// Adds fetched records of all partitions whose batches have room; if there are none, waits for some.
    pub(super) fn read(&mut self) -> anyhow::Result<()> {
        self.log_backpressure();
        let stops = self.add_fetched();
        if stops.is_empty() {
            // An event of the client, a record or a report that arrives after the check unparks this thread.
            let wait = self.batcher.time_left().unwrap_or(TICK);
            thread::park_timeout(wait.min(TICK));
        }
        for stop in stops {
            self.handle_stop(stop)?;
        }
        Ok(())
    }

    fn add_fetched(&mut self) -> Vec<Stop> {
        let mut stops = Vec::new();
        for (partition, queue) in self.consumer.queues().round_robin() {
            // The records stay in the queue until the writer is free. Other partitions do not wait.
            if self.batcher.is_full_for(partition) {
                continue;
            }
            // `None`: the records were fetched before the partition was revoked, and are dropped.
            let mut batcher = self.batcher.partition(partition);
            let mut count = 0;
            let stop = queue.serve(|fetched| {
                let record = match fetched {
                    Fetched::Record(record) => record,
                    Fetched::End => return ControlFlow::Break(Stop::EndOfReplica(partition)),
                    Fetched::Failed(error) => return ControlFlow::Break(Stop::Failed(error)),
                };
                let Some(batcher) = &mut batcher else {
                    return ControlFlow::Continue(());
                };
                count += 1;
                match batcher.add(&record) {
                    Added::Room if count < BURST => ControlFlow::Continue(()),
                    Added::Room | Added::Full => ControlFlow::Break(Stop::Yielded),
                    Added::Done => ControlFlow::Break(Stop::Done(partition)),
                }
            });
            stops.extend(stop);
        }
        stops
    }

    fn handle_stop(&mut self, stop: Stop) -> anyhow::Result<()> {
        let done = match stop {
            Stop::Yielded => None,
            Stop::Done(partition) => Some(partition),
            Stop::EndOfReplica(partition) => {
                self.reached_end_of_replica(partition).then_some(partition)
            }
            Stop::Failed(error) => return self.handle_kafka_error(&error),
        };
        match done {
            // Records beyond the end need not be fetched.
            Some(partition) => self.consumer.set_paused(&[partition], true),
            None => Ok(()),
        }
    }

    fn log_backpressure(&mut self) {
        let tolerance = BEHIND_AFTER.min(self.consumer.poll_within() / 4);
        let is_full = self.batcher.is_full();
        match self.backpressure.update(is_full, tolerance, Instant::now()) {
            Some(Change::Began) => {
                tracing::info!("the database is behind: partitions with a full batch are not read")
            }
            Some(Change::Ended) => {
                tracing::info!("no batch is full any more: all partitions are read")
            }
            None => {}
        }
    }
}
