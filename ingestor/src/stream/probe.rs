//! Probes the log with a client of its own: whether it was cut off before a position, and which record comes next. The
//! consumer that reads the topic cannot be used for that: rdkafka drops the partition of its errors and the offset of an end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use super::metadata::Isolation;
use super::native;
use super::position::FetchPosition;
use crate::args::KafkaArgs;

/// Time for one probe.
const PROBE_WITHIN: Duration = Duration::from_secs(10);
/// Time between two attempts to seek in partitions whose fetching has not begun.
const PAUSE: Duration = Duration::from_millis(10);

/// What a consumer that begins at a position gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// A record at this offset, which is that of the position or a later one.
    Record(i64),
    /// No record: the replica ends at this offset.
    End(i64),
    /// The log was cut off at this offset, before the position. Records beyond it were written later.
    Truncated { end: Option<i64> },
    /// The position is not within the bounds of the log.
    Absent,
}

pub(super) struct LogProbe {
    /// `None` once the probe is being dropped.
    client: Option<BaseConsumer>,
    topic: String,
}

impl LogProbe {
    pub(super) fn start(
        args: &KafkaArgs,
        topic: &str,
        isolation: Isolation,
    ) -> Result<LogProbe, KafkaError> {
        let mut config = args.finish(args.client_config());
        // The probe joins no group.
        config.remove("group.instance.id");
        config
            .set("group.id", "musicstream")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set("isolation.level", isolation.level())
            .set("topic.metadata.refresh.interval.ms", "-1")
            // One record of each partition is enough.
            .set("queued.min.messages", "1")
            .set("queued.max.messages.kbytes", "1024")
            // All partitions share one queue: one that waits for room in it must be fetched again soon.
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.wait.max.ms", "100");
        Ok(LogProbe {
            client: Some(config.create()?),
            topic: topic.to_owned(),
        })
    }

    /// Probes one position of each partition. A position with a leader epoch is compared with the log first.
    ///
    /// # Errors
    /// A broker does not answer in time.
    pub(super) fn probe(
        &self,
        positions: &[FetchPosition],
    ) -> Result<BTreeMap<i32, Finding>, KafkaError> {
        let Some(client) = &self.client else {
            return Ok(BTreeMap::new());
        };
        let list = list_of(&self.topic, positions)?;
        client.assign(&list)?;
        let findings = find(client, &self.topic, &list);
        client.unassign()?;
        // librdkafka keeps a pause across assignments.
        client.resume(&list)?;
        findings
    }
}

impl Drop for LogProbe {
    fn drop(&mut self) {
        // Closing blocks while brokers do not answer.
        if let Some(client) = self.client.take() {
            let _ = std::thread::Builder::new()
                .name("probe-close".to_owned())
                .spawn(move || drop(client));
        }
    }
}

/// Positions as a list for librdkafka, with their leader epochs.
pub(super) fn list_of(
    topic: &str,
    positions: &[FetchPosition],
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(positions.len());
    for position in positions {
        list.add_partition_offset(topic, position.partition, Offset::Offset(position.offset))?;
    }
    let leader_epochs = positions.iter().map(|position| position.leader_epoch);
    native::set_leader_epochs(&mut list, leader_epochs);
    Ok(list)
}

fn find(
    client: &BaseConsumer,
    topic: &str,
    list: &TopicPartitionList,
) -> Result<BTreeMap<i32, Finding>, KafkaError> {
    let deadline = Instant::now() + PROBE_WITHIN;
    seek(client, list, deadline)?;
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
            RDKafkaErrorCode::AutoOffsetReset => finding_of(&event.reason),
            // An error of a broker, which may be over before time is up.
            code => {
                last_error = code;
                continue;
            }
        };
        if findings.contains_key(&event.partition) {
            continue; // fetched before the partition was paused
        }
        findings.insert(event.partition, finding);
        // Otherwise its records would fill the queue, and records of other partitions might never come.
        let mut found = TopicPartitionList::with_capacity(1);
        found.add_partition(topic, event.partition);
        client.pause(&found)?;
    }
    Ok(findings)
}

/// Seeks to the positions, because librdkafka compares leader epochs with the log at a seek and not at an assignment. It
/// drops what it fetched before.
fn seek(
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
            // A seek fails until fetching has begun, a moment after the assignment.
            Some(_) => std::thread::sleep(PAUSE),
        }
    }
}

/// The cause of librdkafka's offset reset: only the error's text distinguishes truncation.
fn finding_of(reason: &str) -> Finding {
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
    fn truncation_is_told_apart_from_an_offset_out_of_range() {
        let cut = "Partition log truncation detected at offset 100 (leader epoch 0): broker end offset is 40 (offset \
                   leader epoch 0). Reset to INVALID.: Local: Partition log truncation detected (broker 1)";
        assert_eq!(finding_of(cut), Finding::Truncated { end: Some(40) });
        let unknown = "No epoch found less or equal to offset 100 (leader epoch 9): broker end offset is -1 (offset \
                       leader epoch -1). Reset using configured policy.: Local: Partition log truncation detected";
        assert_eq!(finding_of(unknown), Finding::Truncated { end: None });
        let absent = "fetch failed due to requested offset not available on the broker: Broker: Offset out of range";
        assert_eq!(finding_of(absent), Finding::Absent);
    }
}
