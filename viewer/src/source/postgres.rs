//! One session with the database.

use super::{
    client::{self, Client, Failed, NotConnected},
    latest::now,
    problem::Problem,
};
use crate::{
    calendar::{Day, Grain, Micros, Slot},
    data::{Dataset, Row, Status},
};
use chrono::{DateTime, NaiveDate, Utc};
use musicstream_connect::{MakeRustlsConnect, Target};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio_postgres::CancelToken;

const ROWS: &str = include_str!("../../sql/rows.sql");
const ROWS_OF_DAYS: &str = include_str!("../../sql/rows_of_days.sql");
const CHANGES: &str = include_str!("../../sql/changes.sql");
const STATUS: &str = include_str!("../../sql/status.sql");
const SESSION: &str = include_str!("../../sql/session.sql");
const LISTEN: &str = include_str!("../../sql/listen.sql");
const BEGIN: &str = include_str!("../../sql/begin.sql");
const WHAT_IS_THERE: &str = include_str!("../../sql/what_is_there.sql");

/// Changes are found even if the server's clock was set back by this much between two rollups.
const CLOCK_STEP_US: i64 = 10_000_000;

/// Timeout of a load. Longer than the session's `statement_timeout`, so that the server reports first.
const LOAD_TIMEOUT: Duration = Duration::from_secs(25);

/// What came of reading.
pub(super) type Read<T> = Result<T, Failed>;

/// What a load has brought, and what the next one goes on from.
pub(super) struct Loaded {
    pub(super) data: Arc<Dataset>,
    /// How many rows were read for it.
    pub(super) rows_read: usize,
    /// Days with deltas that no rollup had folded.
    pending: BTreeSet<Day>,
}

/// An open session.
pub(super) struct Session {
    pub(super) client: Client,
    tls: MakeRustlsConnect,
}

impl Session {
    pub(super) fn open(target: &Target) -> Result<Self, Problem> {
        let tls = target
            .connector()
            .map_err(|error| Problem::Tls(error.to_string()))?;
        let client = Client::connect(target, &tls).map_err(|error| match error {
            NotConnected::Machine(error) => Problem::Other(error.to_string()),
            NotConnected::Server(error) => Problem::of_connecting(&error),
        })?;
        client
            .batch_execute(SESSION)
            .map_err(|error| Problem::of_reading(&error))?;
        // Only a hint: behind a pooler it may be refused or never come, and polling covers that.
        let _ = client.batch_execute(LISTEN);
        Ok(Self { client, tls })
    }

    /// What tells whether the numbers moved.
    pub(super) fn status(&mut self) -> Result<Status, Problem> {
        self.client.reset_answer_timeout();
        let status = status(&self.client);
        self.client.set_answer_timeout(LOAD_TIMEOUT);
        status.map_err(|error| Problem::of_reading(&error))
    }

    /// Status and all rows of one instant.
    pub(super) fn load(&mut self) -> Result<Loaded, Problem> {
        self.read(whole)
    }

    /// Status and rows of one instant, of which those of unchanged days are known.
    pub(super) fn load_changes(&mut self, known: &Loaded) -> Result<Loaded, Problem> {
        self.read(|client| changes(client, known))
    }

    /// Reads what belongs together.
    pub(super) fn read<T>(&mut self, load: impl FnOnce(&Client) -> Read<T>) -> Result<T, Problem> {
        self.client.set_answer_timeout(LOAD_TIMEOUT);
        let read = || {
            self.client.batch_execute(BEGIN)?;
            let loaded = load(&self.client)?;
            self.client.batch_execute("commit")?;
            Ok(loaded)
        };
        read().map_err(|error| {
            if let Failed::Driver(_) = error {
                // Else the session would not answer what is asked to explain the error. One that is lost cannot.
                let _ = self.client.batch_execute("rollback");
            }
            Problem::of_reading(&error)
        })
    }

    /// Makes a problem more specific by querying the database for what exists.
    pub(super) fn explain(&mut self, problem: Problem) -> Problem {
        let detail = match &problem {
            Problem::NoExtension { .. } => String::new(),
            Problem::OtherVersion { detail, .. } => detail.clone(),
            _ => return problem,
        };
        let Ok(row) = self.client.query_one(WHAT_IS_THERE, &[]) else {
            return problem;
        };
        let found: Option<String> = row.get("version");
        let has_all = row.get::<_, bool>("has_metrics") && row.get::<_, bool>("has_status");
        match (&found, has_all) {
            (Some(_), _) => Problem::OtherVersion {
                detail: if detail.is_empty() {
                    "live_daily_metrics or musicstream_status is not on the search_path".into()
                } else {
                    detail
                },
                found,
            },
            (None, true) => Problem::OtherVersion { found, detail },
            (None, false) => Problem::NoExtension {
                available: row.get("available"),
            },
        }
    }

    /// The error that closed the session.
    pub(super) fn closing_error(&mut self) -> Problem {
        match self.client.end() {
            Some(error) => match Problem::of(&error) {
                Problem::Other(words) | Problem::NoServer(words) => Problem::Lost(words),
                other => other,
            },
            None => Problem::Lost(String::new()),
        }
    }

    /// To stop a statement from another thread.
    pub(super) fn canceller(&self) -> Canceller {
        Canceller {
            token: self.client.cancel_token(),
            tls: self.tls.clone(),
        }
    }
}

/// Stops the session's statement from another thread.
#[derive(Clone)]
pub(super) struct Canceller {
    token: CancelToken,
    tls: MakeRustlsConnect,
}

impl Canceller {
    pub(super) fn cancel(self) {
        client::cancel(&self.token, self.tls);
    }
}

fn whole(client: &Client) -> Read<Loaded> {
    let status = status(client)?;
    let rows = rows(client.query(ROWS, &[])?)?;
    let changes = Changes::since(client, None)?;
    Ok(Loaded {
        rows_read: rows.len(),
        data: Arc::new(Dataset::new(rows, status)),
        pending: changes.pending,
    })
}

fn changes(client: &Client, known: &Loaded) -> Read<Loaded> {
    let status = status(client)?;
    if status.revision < known.data.status.revision {
        // The database went back in time.
        return whole(client);
    }
    let (_, last) = known.data.rolled_up();
    let changes = Changes::since(client, last.map(|at| at - CLOCK_STEP_US))?;
    let mut days = changes.changed;
    days.extend(changes.pending.iter().chain(&known.pending));
    let dates: Vec<NaiveDate> = days.iter().map(|day| day.date()).collect();
    let rows = rows(client.query(ROWS_OF_DAYS, &[&dates])?)?;
    let slots = days.iter().copied().map(slot).collect();
    let data = known.data.with_slots(&slots, &rows, status);
    // Deleted rows are noticed only by the number of rows.
    if data.rolled_up().0 != changes.rolled_up {
        return whole(client);
    }
    Ok(Loaded {
        data: Arc::new(data),
        rows_read: rows.len(),
        pending: changes.pending,
    })
}

/// What moved in the metrics.
struct Changes {
    rolled_up: usize,
    changed: BTreeSet<Day>,
    pending: BTreeSet<Day>,
}

impl Changes {
    fn since(client: &Client, since: Option<Micros>) -> Read<Self> {
        let since = since.and_then(DateTime::from_timestamp_micros);
        let row = client.query_one(CHANGES, &[&since])?;
        let days = |column| -> Read<BTreeSet<Day>> {
            let dates: Vec<NaiveDate> = row.try_get(column)?;
            Ok(dates.into_iter().map(Day::from_date).collect())
        };
        Ok(Self {
            rolled_up: usize::try_from(row.try_get::<_, i64>("rolled_up")?).unwrap_or(0),
            changed: days("changed")?,
            pending: days("pending")?,
        })
    }
}

/// The slot of a day.
pub(super) fn slot(day: Day) -> Slot {
    Grain::Day.slot(day)
}

pub(super) fn rows(rows: Vec<tokio_postgres::Row>) -> Read<Vec<Row>> {
    rows.into_iter()
        .map(|row| {
            Ok(Row {
                slot: slot(Day::from_date(row.try_get::<_, NaiveDate>("day")?)),
                event_type: row.try_get("event_type")?,
                region: row.try_get("region")?,
                events: row.try_get("events")?,
                late_events: row.try_get("late_events")?,
                updated_at: micros(row.try_get("updated_at")?),
            })
        })
        .collect()
}

pub(super) fn status(client: &Client) -> Read<Status> {
    let Some(row) = client.query_opt(STATUS, &[])? else {
        return Ok(Status {
            now: now(),
            ..Status::default()
        });
    };
    Ok(Status {
        watermark: micros(row.try_get("watermark")?),
        newest_event: micros(row.try_get("newest_event_ts")?),
        pending_deltas: row.try_get("pending_deltas")?,
        staged: row.try_get("staged")?,
        rejected: row.try_get("rejected")?,
        last_rollup_at: micros(row.try_get("last_rollup_at")?),
        revision: row.try_get("revision")?,
        now: row
            .try_get::<_, DateTime<Utc>>("server_now")?
            .timestamp_micros(),
    })
}

pub(super) fn micros(at: Option<DateTime<Utc>>) -> Option<Micros> {
    at.map(|at| at.timestamp_micros())
}
