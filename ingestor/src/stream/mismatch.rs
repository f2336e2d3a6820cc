//! Why the ledger and the log of a partition do not fit together. Reading on would lose or repeat records silently, so
//! each of these ends the run with a message that names the remedy.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LogMismatch {
    #[error(
        "partition {partition}: the log begins at offset {low}, but {next_offset} is the next to read: the records from \
         {next_offset} to {}, {} offsets, were deleted before they were read; hint: --accept-gap continues at the beginning \
         of the log, without them",
        low - 1,
        low - next_offset
    )]
    Gap {
        partition: i32,
        next_offset: i64,
        low: i64,
    },
    #[error(
        "partition {partition}: the log ends at offset {high}, but {next_offset} is the next to read: the records from \
         {high} to {}, {} offsets, are stored, but the log has lost them, or the topic was deleted and created again; new \
         records at these offsets would be mistaken for them; hint: no flag continues from there: as the extension's owner \
         rename the source, update ingest_offsets set source = source || ' until ' || current_date where source = \
         '{source_name}', and the same in rejected_events; the log is then read from where --from says; stored events \
         stay, and are not counted twice",
        next_offset - 1,
        next_offset - high
    )]
    Shortened {
        source_name: String,
        partition: i32,
        next_offset: i64,
        high: i64,
    },
    #[error(
        "partition {partition}: the log was cut off at offset {end}, and has grown again: the records from {end} to {}, {} \
         offsets, are stored, but the log now has others in their place, which were never read; hint: to read them, as the \
         extension's owner update ingest_offsets set next_offset = {end}, leader_epoch = null where source = \
         '{source_name}' and partition = {partition}; stored events stay, and are not counted twice",
        next_offset - 1,
        next_offset - end
    )]
    Truncated {
        source_name: String,
        partition: i32,
        next_offset: i64,
        /// The first offset at which the log differs from what was read.
        end: i64,
    },
    #[error(
        "topic {topic} was deleted and created again: records of the former topic that were not stored are lost: {}; \
         hint: --accept-recreated reads the new topic from where --from says, as a source of its own; stored events stay, \
         and are not counted twice",
        not_stored(next_offsets)
    )]
    Recreated {
        topic: String,
        /// Next offsets in the former topic by partition; `None`: nothing was ever stored.
        next_offsets: BTreeMap<i32, Option<i64>>,
    },
}

fn not_stored(next_offsets: &BTreeMap<i32, Option<i64>>) -> String {
    let of_partition = |(partition, next_offset): (&i32, &Option<i64>)| match next_offset {
        Some(next_offset) => format!("partition {partition} from offset {next_offset} on"),
        None => format!("all of partition {partition}"),
    };
    let parts: Vec<String> = next_offsets.iter().map(of_partition).collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recreated_topic_is_reported_with_the_offsets_that_were_not_stored() {
        let mismatch = LogMismatch::Recreated {
            topic: "t".to_owned(),
            next_offsets: [(0, Some(50)), (2, None)].into(),
        };
        let words = "not stored are lost: partition 0 from offset 50 on, all of partition 2; hint: --accept-recreated";
        assert!(mismatch.to_string().contains(words), "{mismatch}");
    }
}
