//! Counting listening after a batch, by the number of stored events.

mod report;

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use chrono::{Days, NaiveDate};
use postgres::Client;

pub(crate) use self::report::section;
use crate::plan::Size;
use crate::server::Server;
use crate::stored::events::{Batch, DAY_US, HOUR_US, Source, Times};
use crate::stored::writer::Writer;
use crate::stored::{ROWS_A_DAY, fill, last_whole_day};
use crate::usage::process_seconds;

const RUN: &str =
    "select hours_counted, hours_left, events_read from musicstream_rollup_listening()";
const COUNTED: &str = include_str!("../sql/daily_listening.sql");
const OF_RAW: &str = include_str!("../sql/daily_listening_of_raw.sql");
/// Turns before the first measured one: they fill caches, and write each page once since the last checkpoint.
const WARM_UP: usize = 2;

/// What to measure.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) stored: Vec<i64>,
    pub(crate) batch_rows: usize,
    pub(crate) turns: usize,
}

impl Plan {
    pub(crate) fn new(size: Size, rounds: Option<usize>) -> Plan {
        Plan {
            stored: size.pick(
                vec![20_000, 40_000],
                vec![1_000_000, 10_000_000],
                vec![1_000_000, 10_000_000, 50_000_000],
            ),
            batch_rows: size.pick(1000, 10_000, 10_000),
            turns: rounds.unwrap_or(size.pick(1, 9, 15)),
        }
    }
}

/// Runs until no hour is left.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Run {
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) hours_counted: i64,
    pub(crate) events_read: i64,
}

/// The results for one number of events stored beforehand, one run for each turn.
#[derive(Debug)]
pub(crate) struct AtSize {
    pub(crate) stored: i64,
    pub(crate) days: i64,
    /// The first count, of all events stored beforehand.
    pub(crate) all: Run,
    /// After a batch within one hour.
    pub(crate) hour: Vec<Run>,
    /// After a batch over the hours of a day.
    pub(crate) day: Vec<Run>,
    /// With nothing to count.
    pub(crate) idle: Vec<Run>,
}

pub(crate) fn measure(server: &Server, plan: &Plan) -> Result<Vec<AtSize>> {
    let day_us = last_whole_day()?;
    let mut databases = Vec::new();
    for (number, &stored) in plan.stored.iter().enumerate() {
        eprintln!("storing {stored} events");
        databases.push(Stored::create(server, number, stored, day_us)?);
    }
    // All databases get the same batches.
    let mut source = Source::new(1);
    for number in 0..WARM_UP + plan.turns {
        let noon = Times {
            from_us: day_us + DAY_US / 2,
            span_us: HOUR_US,
            has_late: false,
        };
        let whole_day = Times {
            from_us: day_us,
            span_us: DAY_US,
            has_late: false,
        };
        let batches = [noon, whole_day].map(|times| source.batch(plan.batch_rows, times));
        let first = number % databases.len();
        for place in 0..databases.len() {
            let database = &mut databases[(first + place) % plan.stored.len()];
            database.turn(&batches, number >= WARM_UP)?;
        }
        if number >= WARM_UP {
            eprintln!("turn {} of {}", number + 1 - WARM_UP, plan.turns);
        }
    }
    let day = NaiveDate::default()
        .checked_add_days(Days::new(u64::try_from(day_us / DAY_US)?))
        .context("the day is out of range")?;
    databases
        .into_iter()
        .map(|mut database| {
            database.check(day)?;
            Ok(database.figures)
        })
        .collect()
}

struct Stored {
    writer: Writer,
    backend: i32,
    figures: AtSize,
}

impl Stored {
    fn create(server: &Server, number: usize, events: i64, day_us: i64) -> Result<Stored> {
        let mut writer = Writer::create(server, &format!("listening{number}"))?;
        let mut source = Source::new(2);
        // The last day has the same number of events in all databases, except in the smallest of a smoke run.
        let days = (events / ROWS_A_DAY).max(2);
        fill(&mut writer, &mut source, events, days, day_us)?;
        let sql = "select pg_backend_pid()";
        let backend = writer.client().query_one(sql, &[])?.get(0);
        let mut stored = Stored {
            writer,
            backend,
            figures: AtSize {
                stored: events,
                days,
                all: Run::default(),
                hour: Vec::new(),
                day: Vec::new(),
                idle: Vec::new(),
            },
        };
        stored.figures.all = stored.run()?;
        let client = stored.writer.client();
        client.batch_execute("vacuum analyze")?;
        client.batch_execute("checkpoint")?;
        Ok(stored)
    }

    fn turn(&mut self, batches: &[Batch; 2], counts: bool) -> Result<()> {
        let [hour, day] = batches;
        let mut after = |batch: &Batch| -> Result<Run> {
            self.writer.upsert(batch)?;
            self.writer.rollup()?;
            self.run()
        };
        let (hour, day) = (after(hour)?, after(day)?);
        let idle = self.run()?;
        ensure!(
            idle.hours_counted == 0,
            "a run without touched hours counted some"
        );
        if counts {
            self.figures.hour.push(hour);
            self.figures.day.push(day);
            self.figures.idle.push(idle);
        }
        Ok(())
    }

    fn run(&mut self) -> Result<Run> {
        let cpu_before = process_seconds(self.backend)?;
        let started = Instant::now();
        let mut run = Run::default();
        loop {
            let row = self.writer.client().query_one(RUN, &[])?;
            let (counted, left): (i64, i64) = (row.get(0), row.get(1));
            run.hours_counted += counted;
            run.events_read += row.get::<_, i64>(2);
            if left == 0 {
                break;
            }
            ensure!(counted > 0, "{left} hours are left, but a run counted none");
        }
        run.seconds = started.elapsed().as_secs_f64();
        run.cpu_seconds = process_seconds(self.backend)? - cpu_before;
        Ok(run)
    }

    fn check(&mut self, day: NaiveDate) -> Result<()> {
        let client = self.writer.client();
        let found = read(client, COUNTED, day)?;
        let expected = read(client, OF_RAW, day)?;
        let wrong = expected
            .iter()
            .filter(|(region, numbers)| found.get(*region) != Some(*numbers));
        ensure!(
            found == expected && !expected.is_empty(),
            "wrong numbers: daily_listening of {day} differs from the events in {} of {} regions",
            wrong.count(),
            expected.len()
        );
        Ok(())
    }
}

/// Numbers by region.
fn read(client: &mut Client, sql: &str, day: NaiveDate) -> Result<BTreeMap<String, [i64; 5]>> {
    let rows = client.query(sql, &[&day])?;
    Ok(rows
        .iter()
        .map(|row| (row.get(0), [1, 2, 3, 4, 5].map(|column| row.get(column))))
        .collect())
}
