//! Source partitions and rollups, as tables.

use super::sheet::{Cell, Sheet, Sort, Tone, Value, numbers, words};
use crate::{
    calendar::Micros,
    data::reports::pipeline::{Partition, PartitionState, Pipeline},
};
use std::sync::Arc;

/// What the report shows.
pub struct Contents {
    /// What was read.
    pub pipeline: Arc<Pipeline>,
    /// Its partitions.
    pub sheet: Sheet,
    /// Its rollups.
    pub rollups: Sheet,
}

impl Contents {
    /// Works it out.
    pub fn new(pipeline: &Arc<Pipeline>, sort: impl Fn(&'static str) -> Option<Sort>) -> Self {
        let now = pipeline.read_at;
        Self {
            sheet: partitions(pipeline, now).sorted(sort("partitions")),
            rollups: rollups(pipeline).sorted(sort("rollups")),
            pipeline: Arc::clone(pipeline),
        }
    }

    /// How long ago an instant was.
    pub fn age(&self, at: Option<Micros>) -> Value {
        at.map_or(Value::Nothing, |at| {
            Value::Age((self.pipeline.read_at - at).max(0))
        })
    }
}

fn partitions(pipeline: &Arc<Pipeline>, now: Micros) -> Sheet {
    let columns = vec![
        words("source").long(),
        numbers("partition"),
        words("state"),
        numbers("next_offset"),
        numbers("per_second"),
        numbers("lag_seconds"),
        words("newest_event_at").ranked(2),
        words("holds_watermark").ranked(1),
        numbers("epoch").ranked(4),
        words("owner").ranked(5),
        words("updated_at").ranked(3),
    ];
    let (of, rows) = (Arc::clone(pipeline), pipeline.partitions.len());
    Sheet::new("partitions", columns, rows, move |row, column| {
        cell(&of.partitions[row], now, column)
    })
}

fn cell(of: &Partition, now: Micros, column: usize) -> Cell {
    let at = |at: Option<Micros>| at.map_or(Value::Nothing, Value::At);
    match column {
        0 => Value::Text(of.source.clone()).into(),
        1 => Value::Number(of.partition.into()).into(),
        2 => Cell::from(Value::Word(of.state.word())).toned(match of.state {
            PartitionState::Active => Tone::Plain,
            _ => Tone::Weak,
        }),
        3 => of.next_offset.map_or(Value::Nothing, Value::Number).into(),
        4 => of
            .per_second
            .map_or(Value::Nothing, Value::PerSecond)
            .into(),
        // Nothing is read from a partition that was given up: it does not lag.
        5 => (of.newest_event_at)
            .filter(|_| of.state != PartitionState::Released)
            .map_or(Value::Nothing, |at| Value::Age((now - at).max(0)))
            .into(),
        6 => at(of.newest_event_at).into(),
        7 => match of.holds_watermark {
            true => Cell::from(Value::Word("slowest")).toned(Tone::Accent),
            false => Value::Text(String::new()).into(),
        },
        8 => Value::Number(of.epoch).into(),
        9 => of.owner.clone().map_or(Value::Nothing, Value::Text).into(),
        _ => Cell::from(Value::At(of.updated_at)).toned(Tone::Weak),
    }
}

fn rollups(pipeline: &Arc<Pipeline>) -> Sheet {
    let columns = vec![
        words("ended_at"),
        numbers("milliseconds"),
        numbers("deltas"),
    ];
    let (of, rows) = (Arc::clone(pipeline), pipeline.rollups.len());
    Sheet::new("rollups", columns, rows, move |row, column| {
        let rollup = of.rollups[row];
        match column {
            0 => Value::At(rollup.at).into(),
            1 => Value::Milliseconds(rollup.ms).into(),
            _ => Value::Number(rollup.deltas).into(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lags_are_told_by_the_servers_clock() {
        let pipeline = Arc::new(Pipeline {
            partitions: vec![Partition {
                source: "kafka:c/t".into(),
                partition: 3,
                state: PartitionState::Idle,
                next_offset: Some(1_234_567),
                epoch: 2,
                owner: None,
                newest_event_at: Some(40_000_000),
                holds_watermark: false,
                updated_at: 0,
                per_second: Some(1234.0),
            }],
            read_at: 160_000_000,
            ..Pipeline::default()
        });
        let contents = Contents::new(&pipeline, |_| None);
        let shown = |column| contents.sheet.cell(0, column).value.shown();
        assert_eq!(
            [2, 3, 4, 5].map(shown),
            ["idle", "1,234,567", "1.23k/s", "2 min"]
        );
        assert!(
            contents.sheet.csv().contains(
                "kafka:c/t,3,idle,1234567,1234.000,120.000000,1970-01-01T00:00:40.000000Z,"
            )
        );
    }

    #[test]
    fn the_slowest_active_partition_lags_and_a_released_one_does_not() {
        let partition = |partition, state, newest_event_at| Partition {
            source: "kafka:c/t".into(),
            partition,
            state,
            next_offset: None,
            epoch: 1,
            owner: None,
            newest_event_at,
            holds_watermark: false,
            updated_at: 0,
            per_second: None,
        };
        let pipeline = Arc::new(Pipeline {
            partitions: vec![
                partition(0, PartitionState::Active, Some(90_000_000)),
                partition(1, PartitionState::Active, Some(20_000_000)),
                partition(2, PartitionState::Idle, Some(10_000_000)),
                partition(3, PartitionState::Released, Some(1_000_000)),
                partition(4, PartitionState::Active, None),
            ],
            read_at: 100_000_000,
            ..Pipeline::default()
        });
        assert_eq!(pipeline.slowest().map(|slowest| slowest.partition), Some(1));
        let contents = Contents::new(&pipeline, |_| None);
        let lag = |row| contents.sheet.cell(row, 5).value;
        assert_eq!(lag(1), Value::Age(80_000_000));
        assert_eq!(lag(3), Value::Nothing);
    }
}
