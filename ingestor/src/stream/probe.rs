//! What the log has at a place, found out by a client of its own: whether it was cut off before that place, and which
//! record comes next. The consumer that reads the topic cannot be asked: rdkafka drops the partition of its errors and
//! the offset of an end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use super::native;
use super::position::Place;
use crate::args::KafkaArgs;

/// How long one look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(10);
/// Between attempts to have partitions compared whose reading has not begun.
const PAUSE: Duration = Duration::from_millis(10);

/// What a reader that begins at a place gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// The record at this offset, which is that of the place or a later one.
    Record(i64),
    /// No record: the replica that was asked ends at this offset.
    End(i64),
    /// The log was cut off at this offset, before the place; what is there now was written later.
    Truncated { end: Option<i64> },
    /// The log does not reach to the place, or begins behind it.
    Absent,
}

/// Which records a look finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    /// All: the first answer tells, however much of the log belongs to aborted transactions.
    Uncommitted,
    /// Those that the stream reads.
    Committed,
}

pub(super) struct Probe {
    /// Taken when it is dropped.
    client: Option<BaseConsumer>,
    topic: String,
}

impl Probe {
    pub(super) fn start(
        args: &KafkaArgs,
        topic: &str,
        visibility: Visibility,
    ) -> Result<Probe, KafkaError> {
        let mut config = args.finish(args.client_config());
        // It is no member of a group.
        config.remove("group.instance.id");
        config
            .set("group.id", "musicstream")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set(
                "isolation.level",
                match visibility {
                    Visibility::Uncommitted => "read_uncommitted",
                    Visibility::Committed => "read_committed",
                },
            )
            .set("topic.metadata.refresh.interval.ms", "-1")
            // One record of each partition is all that is wanted.
            .set("queued.min.messages", "1")
            .set("queued.max.messages.kbytes", "1024")
            // A partition that has to wait for room in the queue, which all share, asks again soon.
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.wait.max.ms", "100");
        Ok(Probe {
            client: Some(config.create()?),
            topic: topic.to_owned(),
        })
    }

    /// Looks at one place of each partition; a place that has a leader epoch is compared with the log first.
    ///
    /// # Errors
    /// Kafka does not answer in time, or not all of it.
    pub(super) fn look(&self, places: &[Place]) -> Result<BTreeMap<i32, Finding>, KafkaError> {
        let Some(client) = &self.client else {
            return Ok(BTreeMap::new());
        };
        let list = list_of(&self.topic, places)?;
        client.assign(&list)?;
        let findings = find(client, &self.topic, &list);
        client.unassign()?;
        // librdkafka keeps a pause over assignments.
        client.resume(&list)?;
        findings
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        // Closing waits for brokers, which may be away.
        if let Some(client) = self.client.take() {
            let _ = std::thread::Builder::new()
                .name("probe-close".to_owned())
                .spawn(move || drop(client));
        }
    }
}

/// Places as a list for librdkafka, with their leader epochs.
pub(super) fn list_of(topic: &str, places: &[Place]) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(places.len());
    for place in places {
        list.add_partition_offset(topic, place.partition, Offset::Offset(place.offset))?;
    }
    native::set_leader_epochs(&mut list, places.iter().map(|place| place.leader_epoch));
    Ok(list)
}

fn find(
    client: &BaseConsumer,
    topic: &str,
    list: &TopicPartitionList,
) -> Result<BTreeMap<i32, Finding>, KafkaError> {
    let deadline = Instant::now() + LOOK_WITHIN;
    compare(client, list, deadline)?;
    let mut findings = BTreeMap::new();
    let mut last_error = RDKafkaErrorCode::OperationTimedOut;
    while findings.len() < list.count() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(KafkaError::MessageConsumption(last_error));
        }
        let Some(event) = native::next_event(client, left) else {
            continue;
        };
        let finding = match event.code {
            RDKafkaErrorCode::NoError => Finding::Record(event.offset),
            RDKafkaErrorCode::PartitionEOF => Finding::End(event.offset),
            RDKafkaErrorCode::AutoOffsetReset => judge(&event.reason),
            // Of a broker, and perhaps over before time is up.
            code => {
                last_error = code;
                continue;
            }
        };
        if findings.contains_key(&event.partition) {
            continue; // fetched before it was paused
        }
        findings.insert(event.partition, finding);
        // Or its records would fill the queue, and those of other partitions might never come.
        let mut found = TopicPartitionList::with_capacity(1);
        found.add_partition(topic, event.partition);
        client.pause(&found)?;
    }
    Ok(findings)
}

/// Has the leader epochs compared with the log: librdkafka does that at a seek, not at an assignment. What it fetched
/// before the seek it drops.
fn compare(
    client: &BaseConsumer,
    list: &TopicPartitionList,
    deadline: Instant,
) -> Result<(), KafkaError> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let sought = client.seek_partitions(list.clone(), left.max(PAUSE))?;
        let failed = sought.elements().iter().find_map(|one| one.error().err());
        match failed {
            None => return Ok(()),
            Some(error) if left.is_zero() => return Err(error),
            // The reading of a partition begins a moment after its assignment.
            Some(_) => std::thread::sleep(PAUSE),
        }
    }
}

/// What librdkafka means by an offset that it cannot go on from.
fn judge(reason: &str) -> Finding {
    if !reason.contains("truncation") {
        return Finding::Absent;
    }
    let end = reason
        .split_once("broker end offset is ")
        .and_then(|(_, rest)| {
            let digits = rest.find(|character: char| !character.is_ascii_digit())?;
            rest[..digits].parse().ok()
        });
    Finding::Truncated { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_is_told_from_an_offset_that_is_not_there() {
        let cut = "Partition log truncation detected at offset 100 (leader epoch 0): broker end offset is 40 (offset \
                   leader epoch 0). Reset to INVALID.: Local: Partition log truncation detected (broker 1)";
        assert_eq!(judge(cut), Finding::Truncated { end: Some(40) });
        let unknown = "No epoch found less or equal to offset 100 (leader epoch 9): broker end offset is -1 (offset \
                       leader epoch -1). Reset using configured policy.: Local: Partition log truncation detected";
        assert_eq!(judge(unknown), Finding::Truncated { end: None });
        let absent = "fetch failed due to requested offset not available on the broker: Broker: Offset out of range";
        assert_eq!(judge(absent), Finding::Absent);
    }
}
