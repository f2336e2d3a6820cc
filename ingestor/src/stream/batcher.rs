//! Fetched records become rows of batches, and positions advance. Makes no call to Kafka and never blocks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use musicstream_event::{Reason, Rejection, json};

use super::fetch_queue::Record;
use super::position::{FetchPosition, Position};
use super::writer_slot::WriterSlot;
use crate::batch::{Limits, Origin};

pub(super) struct Batcher {
    pub(super) slots: Vec<WriterSlot>,
    positions: BTreeMap<i32, Position>,
    /// The slot of each claimed partition. It never changes while the partition is claimed, so that its batches are stored
    /// in order.
    slot_of: BTreeMap<i32, usize>,
    limits: Limits,
    source: Arc<str>,
    generation: u64,
    /// Stored with the offsets; see [`crate::batch::Span`].
    topic_id: Option<[u8; 16]>,
}

impl Batcher {
    pub(super) fn new(slots: Vec<WriterSlot>, limits: Limits) -> Batcher {
        Batcher {
            slots,
            positions: BTreeMap::new(),
            slot_of: BTreeMap::new(),
            limits,
            source: Arc::from(""),
            generation: 0,
            topic_id: None,
        }
    }

    /// Sets under which name and id the ledger has the topic.
    pub(super) fn set_source(&mut self, source: Arc<str>, topic_id: Option<[u8; 16]>) {
        self.source = source;
        self.topic_id = topic_id;
    }

    /// Forgets all partitions, and discards what was not sent.
    pub(super) fn restart(&mut self, generation: u64) {
        self.generation = generation;
        self.positions.clear();
        self.slot_of.clear();
        for slot in &mut self.slots {
            slot.restart(self.source.clone(), generation);
        }
    }

    /// The slot of a partition; a new partition gets the slot with the fewest partitions.
    pub(super) fn slot_for(&mut self, partition: i32) -> usize {
        if let Some(slot) = self.slot_of.get(&partition) {
            return *slot;
        }
        let load = |slot: &usize| self.slot_of.values().filter(|other| *other == slot).count();
        let slot = (0..self.slots.len()).min_by_key(load).unwrap_or_default();
        self.slot_of.insert(partition, slot);
        slot
    }

    /// Forgets a partition of which no record is in flight.
    pub(super) fn remove(&mut self, partition: i32) {
        self.positions.remove(&partition);
        self.slot_of.remove(&partition);
    }

    /// Begins a partition at its position. With `must_record` the ledger moves there with the next batch, even if no record
    /// is fetched.
    pub(super) fn begin(&mut self, partition: i32, position: Position, must_record: bool) {
        if must_record {
            self.cover(partition, &position, position.next);
        }
        self.positions.insert(partition, position);
    }

    /// Fetch positions of all partitions with records left to read.
    pub(super) fn unfinished(&self) -> Vec<FetchPosition> {
        let unfinished = self
            .positions
            .iter()
            .filter(|(_, position)| !position.is_done());
        unfinished
            .map(|(partition, position)| FetchPosition {
                partition: *partition,
                offset: position.next,
                leader_epoch: position.leader_epoch,
            })
            .collect()
    }

    /// The end of a bounded run in a partition; `None` if it was reached, or the stream is endless.
    pub(super) fn end_to_reach(&self, partition: i32) -> Option<i64> {
        let position = self.positions.get(&partition)?;
        position.end.filter(|_| !position.is_done())
    }

    pub(super) fn partitions(&self) -> Vec<i32> {
        self.positions.keys().copied().collect()
    }

    /// Number of offsets that a bounded run has left to read.
    pub(super) fn remaining(&self) -> u64 {
        let remaining = self
            .positions
            .values()
            .map(|position| position.end.map_or(0, |end| end - position.next));
        u64::try_from(remaining.filter(|count| *count > 0).sum::<i64>()).unwrap_or_default()
    }

    /// Begins to add fetched records of a partition; `None` if it was revoked since they were fetched.
    pub(super) fn partition(&mut self, partition: i32) -> Option<PartitionBatcher<'_>> {
        let slot = self.slot_of.get(&partition).copied().unwrap_or_default();
        Some(PartitionBatcher {
            partition,
            position: self.positions.get_mut(&partition)?,
            slot: &mut self.slots[slot],
            limits: self.limits,
            has_moved: false,
        })
    }

    /// Whether the batch for this partition is full.
    pub(super) fn is_full_for(&self, partition: i32) -> bool {
        let slot = self.slot_of.get(&partition);
        slot.is_some_and(|slot| self.slots[*slot].is_full(&self.limits))
    }

    /// All records before the end of a bounded run were read. The position advances to the end, over offsets that hold no
    /// records, such as transaction markers. False if the stream is endless, or the partition was revoked.
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
        let slot = self.slot_for(partition);
        self.slots[slot].note_filling();
        self.slots[slot].batch.cover(
            partition,
            position.ledger,
            to,
            position.epoch,
            position.leader_epoch,
        );
    }

    /// Whether any batch is full.
    pub(super) fn is_full(&self) -> bool {
        self.slots.iter().any(|slot| slot.is_full(&self.limits))
    }

    /// Sends the batches that are due.
    pub(super) fn send_due(&mut self) {
        self.send_if(WriterSlot::is_due);
    }

    /// Sends all batches whose writers are free.
    pub(super) fn send_all(&mut self) {
        self.send_if(|slot, _| slot.can_send());
    }

    fn send_if(&mut self, is_wanted: impl Fn(&WriterSlot, &Limits) -> bool) {
        for slot in &mut self.slots {
            if !is_wanted(slot, &self.limits) {
                continue;
            }
            for span in slot.batch.spans() {
                if let Some(position) = self.positions.get_mut(&span.partition) {
                    position.ledger = Some(span.to);
                }
            }
            if let Some(topic_id) = self.topic_id {
                slot.batch.set_source_identity(&topic_id);
            }
            slot.send(self.source.clone(), self.generation);
        }
    }

    /// Time until a batch becomes due if no more records arrive.
    pub(super) fn time_left(&self) -> Option<Duration> {
        self.slots
            .iter()
            .filter_map(|slot| slot.time_left(&self.limits))
            .min()
    }

    /// Whether everything that was read is stored.
    pub(super) fn is_empty(&self) -> bool {
        self.slots
            .iter()
            .all(|slot| slot.is_idle() && slot.batch.is_empty())
    }
}

/// What follows after a record was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// There is room for the next one.
    Room,
    /// The batch is full.
    Full,
    /// The bounded run has read this partition to its end.
    Done,
}

/// Adds records of one partition. What they have in common is looked up once.
pub(super) struct PartitionBatcher<'a> {
    partition: i32,
    position: &'a mut Position,
    slot: &'a mut WriterSlot,
    limits: Limits,
    has_moved: bool,
}

impl PartitionBatcher<'_> {
    pub(super) fn add(&mut self, record: &Record<'_>) -> Added {
        let position = &mut *self.position;
        let before = position.next;
        let is_wanted = position.advance(record.offset, record.leader_epoch);
        self.has_moved |= position.next != before;
        if !is_wanted {
            return if position.is_done() {
                Added::Done
            } else {
                Added::Room
            };
        }
        let decoded = match record.payload {
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
        self.slot.batch.push(origin, &decoded);
        if position.is_done() {
            Added::Done
        } else if self.slot.is_full(&self.limits) {
            Added::Full
        } else {
            Added::Room
        }
    }
}

impl Drop for PartitionBatcher<'_> {
    /// Extends the batch's span to the position. Once for all records, not once for each.
    fn drop(&mut self) {
        if !self.has_moved {
            return;
        }
        let position = &*self.position;
        self.slot.note_filling();
        self.slot.batch.cover(
            self.partition,
            position.ledger,
            position.next,
            position.epoch,
            position.leader_epoch,
        );
    }
}

#[cfg(test)]
mod tests;
