//! What is timed. Things that are compared take turns, batch by batch, so that a slow moment of the machine hits all.

use std::time::Duration;

use anyhow::Result;

use crate::database::Database;
use crate::events::Source;

/// What is stored beforehand comes at a steady rate, so that more of it means more days, not fuller ones: this many events
/// a day, that of the batches included.
pub(crate) const ROWS_A_DAY: f64 = 500_000.0;
/// Batches before the first that counts: partitions are made, caches filled.
const WARM_UP: usize = 2;

/// What to measure.
pub(crate) struct Plan {
    pub(crate) stored_millions: Vec<f64>,
    pub(crate) batch_rows: usize,
    pub(crate) batches: usize,
    /// Whose events the batches hold, in days since 1970-01-01.
    pub(crate) day: i64,
    /// Over how many days what is stored is spread; by [`ROWS_A_DAY`] if not given.
    pub(crate) days: Option<i64>,
}

impl Plan {
    /// Over how many days so many events are spread: two at least, for the late events of the first batch are a day old.
    pub(crate) fn days(&self, stored_millions: f64) -> i64 {
        let steady = (stored_millions * 1e6 / ROWS_A_DAY).ceil() as i64;
        self.days.unwrap_or(steady).max(2)
    }
}

/// Times of one thing, one a turn.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The lower quartile, in seconds: what else the machine does can only add to a time.
    pub(crate) fn typical(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted
            .get(sorted.len() / 4)
            .map_or(f64::NAN, Duration::as_secs_f64)
    }
}

/// One size of what is stored beforehand, beside a database with nothing.
#[derive(Debug, Default)]
pub(crate) struct AtSize {
    pub(crate) stored_millions: f64,
    pub(crate) copy: Times,
    pub(crate) copy_sorted: Times,
    pub(crate) upsert_empty: Times,
    pub(crate) upsert_stored: Times,
    pub(crate) rollup_empty: Times,
    pub(crate) rollup_stored: Times,
    pub(crate) idle_rollup: Times,
    pub(crate) status: Times,
    pub(crate) pending_deltas: String,
}

/// All that was measured.
pub(crate) struct Figures {
    pub(crate) sizes: Vec<AtSize>,
    pub(crate) live: Times,
    pub(crate) server: String,
    /// Of one, five and fifteen minutes; how busy the machine was with other things.
    pub(crate) load: String,
}

pub(crate) fn measure(url: &str, plan: &Plan) -> Result<Figures> {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_else(|_| "not known".into());
    let load = load.split(' ').take(3).collect::<Vec<_>>().join(", ");
    let mut sizes = Vec::new();
    for (round, &stored_millions) in plan.stored_millions.iter().enumerate() {
        sizes.push(at_size(url, plan, stored_millions, round as u64)?);
    }
    let mut database = Database::create(url, "musicstream_bench_live")?;
    database.run(include_str!("sql/fill_live.sql"))?;
    database.run("vacuum analyze daily_metrics")?;
    let mut live = Times::default();
    for _ in 0..20 {
        live.add(database.query("select * from live_daily_metrics")?);
    }
    let server = database.text(
        "select format('Postgres %s, shared_buffers %s, fsync %s, synchronous_commit %s',
            current_setting('server_version'), current_setting('shared_buffers'), current_setting('fsync'),
            current_setting('synchronous_commit'))",
    )?;
    database.remove()?;
    Ok(Figures {
        sizes,
        live,
        server,
        load,
    })
}

fn at_size(url: &str, plan: &Plan, stored_millions: f64, round: u64) -> Result<AtSize> {
    eprintln!("with {stored_millions} million events stored: filling");
    let mut empty = Database::create(url, "musicstream_bench_empty")?;
    let mut stored = Database::create(url, "musicstream_bench_stored")?;
    let days = plan.days(stored_millions);
    stored.fill(plan.day, days, (stored_millions * 1e6) as i64 / days)?;

    let mut figures = AtSize {
        stored_millions,
        ..AtSize::default()
    };
    let mut source = Source::new(20 + round, plan.day);
    for number in 0..WARM_UP + plan.batches {
        let batch = source.batch(plan.batch_rows);
        let mut turn = AtSize::default();
        // Who begins changes, for what comes first finds the caches as the last turn left them.
        for step in 0..4 {
            match (step + number) % 4 {
                0 => turn.copy.add(empty.copy("plain", &batch.plain)?),
                1 => turn.upsert_empty.add(empty.upsert(&batch)?),
                2 => turn
                    .copy_sorted
                    .add(empty.copy("plain_sorted", &batch.plain_sorted)?),
                _ => turn.upsert_stored.add(stored.upsert(&batch)?),
            }
        }
        figures.pending_deltas =
            stored.text("select pending_deltas::text from musicstream_status")?;
        turn.rollup_empty
            .add(empty.query("select musicstream_rollup()")?);
        turn.rollup_stored
            .add(stored.query("select musicstream_rollup()")?);
        turn.idle_rollup
            .add(stored.query("select musicstream_rollup()")?);
        turn.status
            .add(stored.query("select * from musicstream_status")?);
        if number >= WARM_UP {
            figures.take(turn);
            eprintln!("batch {} of {}", number + 1 - WARM_UP, plan.batches);
        }
    }
    empty.remove()?;
    stored.remove()?;
    Ok(figures)
}

impl AtSize {
    fn take(&mut self, turn: AtSize) {
        for (all, one) in [
            (&mut self.copy, turn.copy),
            (&mut self.copy_sorted, turn.copy_sorted),
            (&mut self.upsert_empty, turn.upsert_empty),
            (&mut self.upsert_stored, turn.upsert_stored),
            (&mut self.rollup_empty, turn.rollup_empty),
            (&mut self.rollup_stored, turn.rollup_stored),
            (&mut self.idle_rollup, turn.idle_rollup),
            (&mut self.status, turn.status),
        ] {
            all.0.extend(one.0);
        }
    }
}
