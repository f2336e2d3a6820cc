//! The taking in: records become rows of batches, and positions move on. No Kafka call, no wait.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use musicstream_event::{Reason, Rejection, json};

use super::fetch_queue::Record;
use super::lane::Lane;
use super::position::{Place, Position};
use crate::batch::{Limits, Origin};

pub(super) struct Intake {
    pub(super) lanes: Vec<Lane>,
    positions: BTreeMap<i32, Position>,
    /// The lane of each partition that was claimed: always the same, so that its batches stay in order.
    lane_of: BTreeMap<i32, usize>,
    limits: Limits,
    source: Arc<str>,
    generation: u64,
    /// Stored with the offsets; see [`crate::batch::Span`].
    topic_id: Option<[u8; 16]>,
}

impl Intake {
    pub(super) fn new(lanes: Vec<Lane>, limits: Limits, source: Arc<str>) -> Intake {
        Intake {
            lanes,
            positions: BTreeMap::new(),
            lane_of: BTreeMap::new(),
            limits,
            source,
            generation: 0,
            topic_id: None,
        }
    }

    /// Sets what the ledger knows the topic by.
    pub(super) fn set_source(&mut self, source: Arc<str>, topic_id: Option<[u8; 16]>) {
        self.source = source;
        self.topic_id = topic_id;
    }

    /// Forgets all partitions and what was not sent of them.
    pub(super) fn begin(&mut self, generation: u64) {
        self.generation = generation;
        self.positions.clear();
        self.lane_of.clear();
        for lane in &mut self.lanes {
            lane.begin(self.source.clone(), generation);
        }
    }

    /// The lane of a partition; a new one gets the lane that has the fewest.
    pub(super) fn bind(&mut self, partition: i32) -> usize {
        if let Some(lane) = self.lane_of.get(&partition) {
            return *lane;
        }
        let load = |lane: &usize| self.lane_of.values().filter(|other| *other == lane).count();
        let lane = (0..self.lanes.len()).min_by_key(load).unwrap_or_default();
        self.lane_of.insert(partition, lane);
        lane
    }

    /// Forgets a partition of which nothing is under way.
    pub(super) fn give_up(&mut self, partition: i32) {
        self.positions.remove(&partition);
        self.lane_of.remove(&partition);
    }

    /// Begins to take a partition. With `must_record` the ledger moves to its start at once.
    pub(super) fn place(&mut self, partition: i32, position: Position, must_record: bool) {
        if must_record {
            self.cover(partition, &position, position.next);
        }
        self.positions.insert(partition, position);
    }

    /// Where to read on, of each partition that is not done.
    pub(super) fn unfinished(&self) -> Vec<Place> {
        let unfinished = self
            .positions
            .iter()
            .filter(|(_, position)| !position.is_done());
        unfinished
            .map(|(partition, position)| Place {
                partition: *partition,
                offset: position.next,
                leader_epoch: position.leader_epoch,
            })
            .collect()
    }

    /// Where a bounded run is to end with a partition that it is not done with.
    pub(super) fn end_to_reach(&self, partition: i32) -> Option<i64> {
        let position = self.positions.get(&partition)?;
        position.end.filter(|_| !position.is_done())
    }

    pub(super) fn partitions(&self) -> Vec<i32> {
        self.positions.keys().copied().collect()
    }

    /// Records that a bounded run has taken of this partition and those still to come, as offsets.
    pub(super) fn remaining(&self) -> u64 {
        let remaining = self
            .positions
            .values()
            .map(|position| position.end.map_or(0, |end| end - position.next));
        u64::try_from(remaining.filter(|count| *count > 0).sum::<i64>()).unwrap_or_default()
    }

    /// Begins to take records of a partition that were fetched; `None`: it was given up since.
    pub(super) fn taker(&mut self, partition: i32) -> Option<Taker<'_>> {
        let lane = self.lane_of.get(&partition).copied().unwrap_or_default();
        Some(Taker {
            partition,
            position: self.positions.get_mut(&partition)?,
            lane: &mut self.lanes[lane],
            limits: self.limits,
            has_moved: false,
        })
    }

    /// Whether the batch that takes the records of this partition can take no more.
    pub(super) fn is_full_for(&self, partition: i32) -> bool {
        let lane = self.lane_of.get(&partition);
        lane.is_some_and(|lane| self.lanes[*lane].is_full(&self.limits))
    }

    /// All records before the end of a bounded run were taken. Where the last offsets hold none, such as the markers of
    /// transactions, the position moves over them. True: it is a bounded run, and done with the partition.
    pub(super) fn finish(&mut self, partition: i32, leader_epoch: Option<i32>) -> bool {
        let Some(position) = self.positions.get(&partition) else {
            return false;
        };
        let Some(end) = position.end else {
            return false;
        };
        if position.next < end {
            let position = Position {
                next: end,
                leader_epoch,
                ..position.clone()
            };
            self.cover(partition, &position, end);
            self.positions.insert(partition, position);
        }
        true
    }

    fn cover(&mut self, partition: i32, position: &Position, to: i64) {
        let lane = self.bind(partition);
        self.lanes[lane].touch();
        self.lanes[lane].batch.cover(
            partition,
            position.ledger,
            to,
            position.epoch,
            position.leader_epoch,
        );
    }

    /// Whether some batch can take no more.
    pub(super) fn is_full(&self) -> bool {
        self.lanes.iter().any(|lane| lane.is_full(&self.limits))
    }

    /// Sends what is due, or all there is.
    pub(super) fn send(&mut self, all: bool) {
        for lane in &mut self.lanes {
            let is_sent = if all {
                lane.can_send()
            } else {
                lane.is_due(&self.limits)
            };
            if !is_sent {
                continue;
            }
            for span in lane.batch.spans() {
                if let Some(position) = self.positions.get_mut(&span.partition) {
                    position.ledger = Some(span.to);
                }
            }
            if let Some(topic_id) = self.topic_id {
                lane.batch.set_checksum(&topic_id);
            }
            lane.send(self.source.clone(), self.generation);
        }
    }

    /// How long nothing will be due if nothing comes.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.lanes
            .iter()
            .filter_map(|lane| lane.patience(&self.limits))
            .min()
    }

    /// Whether all that was taken is stored.
    pub(super) fn is_empty(&self) -> bool {
        self.lanes
            .iter()
            .all(|lane| lane.is_idle() && lane.batch.is_empty())
    }
}

/// What the taking of a record has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// There is room for the next one.
    Room,
    /// The batch is full.
    Full,
    /// The run is done with the partition.
    Done,
}

/// Takes records of one partition, one after the other: what they have in common is looked up once.
pub(super) struct Taker<'a> {
    partition: i32,
    position: &'a mut Position,
    lane: &'a mut Lane,
    limits: Limits,
    has_moved: bool,
}

impl Taker<'_> {
    pub(super) fn take(&mut self, record: &Record<'_>) -> Taken {
        let position = &mut *self.position;
        let before = position.next;
        let is_wanted = position.pass(record.offset, record.leader_epoch);
        self.has_moved |= position.next != before;
        if !is_wanted {
            return if position.is_done() {
                Taken::Done
            } else {
                Taken::Room
            };
        }
        let judged = match record.payload {
            Some(bytes) => json::decode(bytes),
            None => Err(Rejection::new(
                Reason::MalformedJson,
                "the record has no value",
            )),
        };
        let origin = Origin {
            partition: self.partition,
            position: record.offset,
            key: record.key,
            payload: record.payload,
        };
        self.lane.batch.push(origin, &judged);
        if position.is_done() {
            Taken::Done
        } else if self.lane.is_full(&self.limits) {
            Taken::Full
        } else {
            Taken::Room
        }
    }
}

impl Drop for Taker<'_> {
    /// Has the batch move the ledger over all that was taken.
    fn drop(&mut self) {
        if !self.has_moved {
            return;
        }
        let position = &*self.position;
        self.lane.touch();
        self.lane.batch.cover(
            self.partition,
            position.ledger,
            position.next,
            position.epoch,
            position.leader_epoch,
        );
    }
}
