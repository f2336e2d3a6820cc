//! The extension alone, by the number of stored events: batches, rollups, reading. Compared operations alternate batch by
//! batch, so that a slow moment of the machine affects all of them.

pub(crate) mod events;
mod report;
pub(crate) mod writer;

use std::time::SystemTime;

use anyhow::Result;

use self::events::{Batch, DAY_US, HOUR_US, SECOND_US, Source, Times};
pub(crate) use self::report::section;
use self::writer::Writer;
use crate::daily;
use crate::plan::Size;
use crate::server::Server;

/// Events stored beforehand for each day: more events mean more days, not more events in a day.
pub(crate) const ROWS_A_DAY: i64 = 500_000;
/// Batches before the first measured one: they create partitions, fill caches, and write each page of the metrics once
/// since the last checkpoint, as in a database where rollups run every few seconds.
const WARM_UP: usize = 2;
const FILL_ROWS: i64 = 100_000;
const FILL_BATCHES_A_ROLLUP: i64 = 10;

/// What to measure.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) stored: Vec<i64>,
    pub(crate) batch_rows: usize,
    pub(crate) batches: usize,
    pub(crate) reads: usize,
    /// Days of metrics in the database for reading `live_daily_metrics`.
    pub(crate) history_days: i64,
}

impl Plan {
    pub(crate) fn new(size: Size, rounds: Option<usize>) -> Plan {
        Plan {
            stored: size.pick(
                vec![20_000],
                vec![1_000_000, 10_000_000],
                vec![1_000_000, 10_000_000, 50_000_000],
            ),
            batch_rows: size.pick(2000, 100_000, 100_000),
            batches: rounds.unwrap_or(size.pick(1, 7, 11)),
            reads: size.pick(1, 5, 5),
            history_days: size.pick(3, 365, 365),
        }
    }
}

/// Times of two databases, the second with events stored; in seconds, one for each turn.
#[derive(Debug, Default)]
pub(crate) struct BatchTimes {
    pub(crate) upsert_empty: Vec<f64>,
    pub(crate) upsert_stored: Vec<f64>,
    pub(crate) rollup_empty: Vec<f64>,
    pub(crate) rollup_stored: Vec<f64>,
    pub(crate) pending_deltas: Vec<f64>,
}

/// Times for one number of events stored beforehand; in seconds, one for each turn.
#[derive(Debug, Default)]
pub(crate) struct AtSize {
    pub(crate) stored: i64,
    pub(crate) days: i64,
    pub(crate) copy: Vec<f64>,
    pub(crate) copy_sorted: Vec<f64>,
    /// Batches over half a second, as in a stream.
    pub(crate) narrow: BatchTimes,
    /// Batches over 22 hours of a day, as in a backfill.
    pub(crate) wide: BatchTimes,
    pub(crate) idle_rollup: Vec<f64>,
    pub(crate) status: Vec<f64>,
    pub(crate) reading: Reading,
}

/// Times of reading the daily numbers in four ways.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) group_by: Vec<f64>,
    pub(crate) refresh: Vec<f64>,
    pub(crate) materialized: Vec<f64>,
    pub(crate) live: Vec<f64>,
}

#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) sizes: Vec<AtSize>,
    /// `live_daily_metrics` over a long history with a minute of batches pending.
    pub(crate) history: Vec<f64>,
    pub(crate) history_rows: usize,
}

/// The start of the last complete UTC day, in microseconds since 1970, so that no event is ahead of the clock.
///
/// # Errors
/// The clock is before 1970.
pub(crate) fn last_whole_day() -> Result<i64> {
    let today = i64::try_from(SystemTime::UNIX_EPOCH.elapsed()?.as_secs())? / 86_400;
    Ok((today - 1) * DAY_US)
}

pub(crate) fn measure(server: &Server, plan: &Plan) -> Result<Figures> {
    let day_us = last_whole_day()?;
    let sizes = plan
        .stored
        .iter()
        .map(|&stored| at_size(server, plan, stored, day_us))
        .collect::<Result<_>>()?;
    let (history, history_rows) = read_history(server, plan, day_us)?;
    Ok(Figures {
        sizes,
        history,
        history_rows,
    })
}

fn at_size(server: &Server, plan: &Plan, events: i64, day_us: i64) -> Result<AtSize> {
    eprintln!("storing {events} events");
    let mut source = Source::new(events.unsigned_abs());
    let mut empty = Writer::create(server, "empty")?;
    let mut stored = Writer::create(server, "stored")?;
    // At least two days, because late events are up to a day old.
    let days = ((events + ROWS_A_DAY - 1) / ROWS_A_DAY).max(2);
    fill(&mut stored, &mut source, events, days, day_us)?;

    let mut figures = AtSize {
        stored: events,
        days,
        ..AtSize::default()
    };
    for number in 0..WARM_UP + plan.batches {
        let mut turn = AtSize::default();
        let noon = Times {
            from_us: day_us + DAY_US / 2 + number as i64 * SECOND_US / 2,
            span_us: SECOND_US / 2,
            has_late: true,
        };
        let batch = source.batch(plan.batch_rows, noon);
        // The first operation of a turn changes, because it finds the caches as the last turn left them.
        for step in 0..4 {
            match (step + number) % 4 {
                0 => turn.copy.push(empty.copy("plain", &batch.plain)?),
                1 => turn.narrow.upsert_empty.push(empty.upsert(&batch)?),
                2 => turn
                    .copy_sorted
                    .push(empty.copy("plain_sorted", &batch.plain_sorted)?),
                _ => turn.narrow.upsert_stored.push(stored.upsert(&batch)?),
            }
        }
        turn.narrow.rollup(&mut empty, &mut stored)?;
        // An hour away from either midnight, where events are also looked up in the neighbouring day.
        let most_of_the_day = Times {
            from_us: day_us + HOUR_US,
            span_us: 22 * HOUR_US,
            has_late: false,
        };
        let batch = source.batch(plan.batch_rows, most_of_the_day);
        turn.wide
            .upsert(&mut empty, &mut stored, &batch, number % 2 == 1)?;
        turn.wide.rollup(&mut empty, &mut stored)?;
        turn.idle_rollup.push(stored.rollup()?);
        turn.status
            .push(stored.query("select * from musicstream_status")?);
        if number >= WARM_UP {
            figures.take(turn);
            eprintln!("batch {} of {}", number + 1 - WARM_UP, plan.batches);
        }
    }
    // Leaves deltas pending, as in a database that is written to.
    stored.upsert(&source.batch(
        plan.batch_rows,
        Times {
            from_us: day_us + DAY_US / 2,
            span_us: SECOND_US / 2,
            has_late: true,
        },
    ))?;
    figures.reading = Reading::measure(&mut stored, plan.reads)?;
    for writer in [&mut empty, &mut stored] {
        let raw = daily::read(writer.client(), daily::OF_RAW)?;
        daily::compare(
            "live_daily_metrics",
            &daily::read(writer.client(), daily::LIVE)?,
            &raw,
        )?;
    }
    Ok(figures)
}

/// Stores events in batches, day by day. The last day is that of the measured batches.
pub(crate) fn fill(
    writer: &mut Writer,
    source: &mut Source,
    events: i64,
    days: i64,
    last_day_us: i64,
) -> Result<()> {
    let mut batches = 0;
    for day in 0..days {
        let mut left = events * (day + 1) / days - events * day / days;
        while left > 0 {
            let rows = left.min(FILL_ROWS);
            left -= rows;
            let times = Times {
                from_us: last_day_us - (days - 1 - day) * DAY_US,
                span_us: DAY_US,
                has_late: false,
            };
            writer.upsert(&source.batch(usize::try_from(rows)?, times))?;
            batches += 1;
            if batches % FILL_BATCHES_A_ROLLUP == 0 {
                writer.rollup()?;
            }
        }
    }
    writer.rollup()?;
    writer.client().batch_execute("vacuum analyze")?;
    writer.client().batch_execute("checkpoint")?;
    Ok(())
}

/// Stores a batch for each day, with one event of each group, and rolls it up; then two such batches a second for a minute,
/// which stay pending.
fn read_history(server: &Server, plan: &Plan, day_us: i64) -> Result<(Vec<f64>, usize)> {
    eprintln!("storing metrics of {} days", plan.history_days);
    let mut writer = Writer::create(server, "history")?;
    let mut source = Source::new(1);
    for day in 0..plan.history_days {
        writer.upsert(&source.one_a_group(day_us + DAY_US / 2 - day * DAY_US))?;
    }
    writer.rollup()?;
    writer.client().batch_execute("vacuum analyze")?;
    for batch in 0..120 {
        writer.upsert(&source.one_a_group(day_us + DAY_US / 2 + batch * SECOND_US / 2))?;
    }
    let sql = "select * from live_daily_metrics";
    let rows = writer.client().query(sql, &[])?.len();
    let times = (0..4 * plan.reads)
        .map(|_| writer.query(sql))
        .collect::<Result<_>>()?;
    Ok((times, rows))
}

impl BatchTimes {
    fn upsert(
        &mut self,
        empty: &mut Writer,
        stored: &mut Writer,
        batch: &Batch,
        stored_first: bool,
    ) -> Result<()> {
        if stored_first {
            self.upsert_stored.push(stored.upsert(batch)?);
        }
        self.upsert_empty.push(empty.upsert(batch)?);
        if !stored_first {
            self.upsert_stored.push(stored.upsert(batch)?);
        }
        Ok(())
    }

    fn rollup(&mut self, empty: &mut Writer, stored: &mut Writer) -> Result<()> {
        let sql = "select pending_deltas::float8 from musicstream_status";
        self.pending_deltas
            .push(stored.client().query_one(sql, &[])?.get(0));
        self.rollup_empty.push(empty.rollup()?);
        self.rollup_stored.push(stored.rollup()?);
        Ok(())
    }

    fn take(&mut self, turn: BatchTimes) {
        self.upsert_empty.extend(turn.upsert_empty);
        self.upsert_stored.extend(turn.upsert_stored);
        self.rollup_empty.extend(turn.rollup_empty);
        self.rollup_stored.extend(turn.rollup_stored);
        self.pending_deltas.extend(turn.pending_deltas);
    }
}

impl AtSize {
    fn take(&mut self, turn: AtSize) {
        self.copy.extend(turn.copy);
        self.copy_sorted.extend(turn.copy_sorted);
        self.narrow.take(turn.narrow);
        self.wide.take(turn.wide);
        self.idle_rollup.extend(turn.idle_rollup);
        self.status.extend(turn.status);
    }
}

impl Reading {
    fn measure(writer: &mut Writer, reads: usize) -> Result<Reading> {
        let mut reading = Reading::default();
        let view = format!("create materialized view daily as {}", daily::OF_RAW);
        writer.client().batch_execute(&view)?;
        for _ in 0..reads {
            reading.group_by.push(writer.query(daily::OF_RAW)?);
            reading
                .refresh
                .push(writer.query("refresh materialized view daily")?);
            reading
                .materialized
                .push(writer.query("select * from daily")?);
            reading
                .live
                .push(writer.query("select * from live_daily_metrics")?);
        }
        Ok(reading)
    }
}
