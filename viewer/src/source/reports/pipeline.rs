//! How far each source partition is, and what rollups take.

use crate::{
    calendar::Micros,
    data::reports::pipeline::{Partition, PartitionState, Pipeline, Rollup},
    source::{
        client::Client,
        postgres::{Read, micros},
    },
};
use chrono::{DateTime, Utc};
use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

const PARTITIONS: &str = include_str!("../../../sql/pipeline_partitions.sql");
const STATUS: &str = include_str!("../../../sql/pipeline_status.sql");

/// Rates are those of the last minute.
const WINDOW: Duration = Duration::from_secs(60);
/// Maximum number of rollups that are kept.
const MOST_ROLLUPS: usize = 100;

type Offsets = HashMap<(String, i32), i64>;

/// What earlier readings were.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    offsets: VecDeque<(Instant, Offsets)>,
    rollups: VecDeque<Rollup>,
}

pub(super) fn read(client: &Client, history: &mut History) -> Read<Pipeline> {
    let mut partitions = client
        .query(PARTITIONS, &[])?
        .into_iter()
        .map(|row| {
            let state: String = row.try_get("state")?;
            Ok(Partition {
                source: row.try_get("source")?,
                partition: row.try_get("partition")?,
                state: match state.as_str() {
                    "active" => PartitionState::Active,
                    "idle" => PartitionState::Idle,
                    "empty" => PartitionState::Empty,
                    _ => PartitionState::Released,
                },
                next_offset: row.try_get("next_offset")?,
                epoch: row.try_get("epoch")?,
                owner: row.try_get("owner")?,
                newest_event_at: micros(row.try_get("max_event_ts")?),
                holds_watermark: row
                    .try_get::<_, Option<bool>>("holds_watermark")?
                    .unwrap_or(false),
                updated_at: row
                    .try_get::<_, DateTime<Utc>>("updated_at")?
                    .timestamp_micros(),
                per_second: None,
            })
        })
        .collect::<Read<Vec<Partition>>>()?;
    history.note_offsets(&mut partitions, Instant::now());
    let Some(row) = client.query_opt(STATUS, &[])? else {
        return Ok(Pipeline {
            partitions,
            ..Pipeline::default()
        });
    };
    let server_now = row
        .try_get::<_, DateTime<Utc>>("server_now")?
        .timestamp_micros();
    history.note_rollup(
        micros(row.try_get("last_rollup_at")?),
        row.try_get("last_rollup_ms")?,
        row.try_get("last_rollup_deltas")?,
    );
    Ok(Pipeline {
        partitions,
        watermark: micros(row.try_get("watermark")?),
        newest_event_at: micros(row.try_get("newest_event_ts")?),
        pending_deltas: row.try_get("pending_deltas")?,
        staged: row.try_get("staged")?,
        touched_hours: row.try_get("touched_hours")?,
        rollups: history.rollups.iter().copied().collect(),
        read_at: server_now,
    })
}

impl History {
    /// Keeps what was read, and works rates out from what was read up to a minute before.
    fn note_offsets(&mut self, partitions: &mut [Partition], at: Instant) {
        while self
            .offsets
            .get(1)
            .is_some_and(|(next, _)| at.duration_since(*next) >= WINDOW)
        {
            self.offsets.pop_front();
        }
        if let Some((since, before)) = self.offsets.front() {
            let seconds = at.duration_since(*since).as_secs_f64();
            for partition in partitions.iter_mut() {
                let key = (partition.source.clone(), partition.partition);
                let offsets = before.get(&key).zip(partition.next_offset);
                partition.per_second = offsets
                    .filter(|_| seconds > 0.5)
                    .map(|(before, offset)| (offset - before).max(0) as f64 / seconds)
                    // Two figures: the next reading tells the same while the stream is steady.
                    .map(|rate| {
                        if rate < 10.0 {
                            (rate * 10.0).round() / 10.0
                        } else {
                            rate.round()
                        }
                    });
            }
        }
        let offsets = partitions
            .iter()
            .filter_map(|partition| {
                let key = (partition.source.clone(), partition.partition);
                Some((key, partition.next_offset?))
            })
            .collect();
        self.offsets.push_back((at, offsets));
    }

    fn note_rollup(&mut self, at: Option<Micros>, ms: Option<f64>, deltas: Option<i64>) {
        let (Some(at), Some(ms)) = (at, ms) else {
            return;
        };
        if self.rollups.front().is_none_or(|last| last.at != at) {
            let deltas = deltas.unwrap_or(0);
            self.rollups.push_front(Rollup { at, ms, deltas });
            self.rollups.truncate(MOST_ROLLUPS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(next_offset: i64) -> Partition {
        Partition {
            source: "kafka:c/t".into(),
            partition: 0,
            state: PartitionState::Active,
            next_offset: Some(next_offset),
            epoch: 1,
            owner: None,
            newest_event_at: None,
            holds_watermark: true,
            updated_at: 0,
            per_second: None,
        }
    }

    #[test]
    fn a_rate_is_that_of_the_last_minute_and_comes_to_rest() {
        let start = Instant::now();
        let mut history = History::default();
        let mut rate = |seconds, offset| {
            let mut partitions = [partition(offset)];
            history.note_offsets(&mut partitions, start + Duration::from_secs(seconds));
            partitions[0].per_second
        };
        assert_eq!(rate(0, 0), None, "one reading tells nothing");
        assert_eq!(rate(10, 1000), Some(100.0));
        assert_eq!(rate(20, 2000), Some(100.0));
        assert_eq!(rate(80, 2000), Some(0.0), "nothing came for a minute");
        assert_eq!(rate(90, 1), Some(0.0), "a topic that was made anew");
    }

    #[test]
    fn a_rollup_is_noted_once() {
        let mut history = History::default();
        history.note_rollup(None, None, None);
        history.note_rollup(Some(5), Some(1.5), Some(7));
        history.note_rollup(Some(5), Some(1.5), Some(7));
        history.note_rollup(Some(9), Some(2.5), None);
        let at: Vec<Micros> = history.rollups.iter().map(|rollup| rollup.at).collect();
        assert_eq!(at, [9, 5]);
    }
}
