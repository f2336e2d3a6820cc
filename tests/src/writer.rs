//! Writers without the ingestor: batches by the SQL protocol, and rows for the inbox.
//!
//! Their events are a pure function of their numbers, so what must be stored is known from how far the ledger is.

use std::ops::Range;

use postgres::{Client, Error};

use crate::database::{Database, connect, value};
use crate::oracle::{assert_metrics_equal_raw, roll_up};
use crate::process::Summary;

/// The source that a [`Writer`] writes.
pub const SOURCE: &str = "test:numbered";
/// Numbers from here on go through the inbox; those before it through the ledger, which refuses to pass it. More than a
/// writer comes to in weeks.
pub const INBOX_FROM: i64 = 1_000_000_000;
/// Each so many numbers reach days that the ones before them did not.
pub const DAY_EVERY: i64 = 1_000;

const NUMBERED: &str = include_str!("numbered.sql");
const DIFFERENCES: &str = include_str!("numbered_differences.sql");

/// The query `numbered`, for a `with`: the events of these numbers in full.
pub fn numbered(numbers: Range<i64>) -> String {
    NUMBERED
        .replace(
            "$1::bigint[]",
            &format!("array[{}]::bigint[]", numbers.start),
        )
        .replace("$2::bigint[]", &format!("array[{}]::bigint[]", numbers.end))
        .replace("$3::bigint", &INBOX_FROM.to_string())
}

/// The owner of the one partition of [`SOURCE`].
pub struct Writer {
    /// Its session, with the rights of the ingest role.
    pub client: Client,
    /// The `search_path` under which it calls the upsert, if not its session's.
    pub search_path: Option<&'static str>,
    epoch: i64,
    next: i64,
}

impl Writer {
    /// Connects, takes the source over, and goes on where the ledger stands.
    ///
    /// # Errors
    /// The server is away, or refuses.
    pub fn claim(database: &Database) -> Result<Writer, Error> {
        let mut client = Client::connect(&database.ingest_url(), postgres::NoTls)?;
        client.execute("select musicstream_session_staging()", &[])?;
        let row = client.query_one(
            "select coalesce(next_offset, 0), epoch, next_offset is null from musicstream_claim($1, 0, 'test')",
            &[&SOURCE],
        )?;
        let mut writer = Writer {
            client,
            search_path: None,
            next: row.get(0),
            epoch: row.get(1),
        };
        if row.get(2) {
            // From here on `next_offset` is a number.
            writer.advance_from_nothing()?;
        }
        Ok(writer)
    }

    /// The number of its next event.
    pub fn next(&self) -> i64 {
        self.next
    }

    /// The process of its session.
    ///
    /// # Panics
    /// The session is gone.
    pub fn process(&mut self) -> i32 {
        value(&mut self.client, "select pg_backend_pid()", &[])
    }

    /// Stores its next events as one transaction. After an error it stands where it stood, if the session is left.
    ///
    /// # Errors
    /// Those of the server.
    ///
    /// # Panics
    /// Its numbers have come to those of the inbox.
    pub fn store(&mut self, rows: i64) -> Result<Summary, Error> {
        self.write(rows, true)
    }

    /// The same without moving the ledger on, and so without locking it at the start. It must not succeed.
    ///
    /// # Errors
    /// Those of the server.
    ///
    /// # Panics
    /// As [`Writer::store`].
    pub fn store_without_ledger(&mut self, rows: i64) -> Result<Summary, Error> {
        self.write(rows, false)
    }

    fn advance_from_nothing(&mut self) -> Result<(), Error> {
        self.client
            .execute(
                "select musicstream_advance($1, 0, null, 0, $2)",
                &[&SOURCE, &self.epoch],
            )
            .map(drop)
    }

    fn write(&mut self, rows: i64, with_ledger: bool) -> Result<Summary, Error> {
        let past = self.next + rows;
        assert!(
            past <= INBOX_FROM,
            "the numbers up to {past} of the ledger overlap those of the inbox, which begin at {INBOX_FROM}"
        );
        let mut transaction = self.client.transaction()?;
        if with_ledger {
            transaction.execute(
                "select musicstream_advance($1, 0, $2, $3, $4)",
                &[&SOURCE, &self.next, &past, &self.epoch],
            )?;
        }
        transaction.execute(
            &format!(
                "with {NUMBERED}
                insert into pg_temp.staging_batch (
                    partition, position, event_id, user_id, event_type, region, ts, payload, reason, detail
                )
                select 0, n, event_id, user_id, event_type, region, ts,
                    case when is_broken then bytes end, case when is_broken then kind end, case when is_broken then 'x' end
                from numbered, lateral (select kind = 'malformed_json' as is_broken) as judged"
            ),
            &[&vec![self.next], &vec![past], &INBOX_FROM],
        )?;
        if let Some(path) = self.search_path {
            transaction.batch_execute(&format!("set local search_path = {path}"))?;
        }
        let row = transaction.query_one(
            "select staged, inserted, duplicate, conflicting, rejected from public.musicstream_upsert($1)",
            &[&SOURCE],
        )?;
        transaction.commit()?;
        self.next = past;
        Ok(Summary {
            read: row.get(0),
            inserted: row.get(1),
            duplicate: row.get(2),
            conflicting: row.get(3),
            rejected: row.get(4),
        })
    }
}

/// What a batch of so many events comes to, from a number that twenty divides.
///
/// # Panics
/// Twenty does not divide the rows.
pub fn summary_of(rows: i64) -> Summary {
    assert_eq!(rows % 20, 0, "a pattern of twenty");
    Summary {
        read: rows,
        inserted: rows / 20 * 16,
        duplicate: rows / 20,
        conflicting: rows / 20,
        rejected: rows / 20 * 2,
    }
}

/// Puts events into `staging_events`, in one statement.
///
/// # Errors
/// Those of the server.
///
/// # Panics
/// The numbers are not those of an inbox.
pub fn put_into_inbox(client: &mut Client, numbers: Range<i64>) -> Result<(), Error> {
    assert!(
        numbers.start >= INBOX_FROM,
        "{numbers:?} overlap the numbers of the ledger, which end before {INBOX_FROM}"
    );
    client
        .execute(
            &format!(
                "with {NUMBERED}
                insert into staging_events (event_id, user_id, event_type, region, ts)
                select case kind when 'malformed_json' then 'x' else event_id::text end,
                    user_id, event_type, region,
                    to_char(ts at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
                from numbered
                order by n"
            ),
            &[&vec![numbers.start], &vec![numbers.end], &INBOX_FROM],
        )
        .map(drop)
}

/// The database holds the events of [`SOURCE`] as far as its ledger says, those that went through the inbox, their
/// rejects with position, reason and bytes, and nothing else; its metrics count them, before a rollup and after it.
/// Returns how far the ledger is.
///
/// # Panics
/// It does not.
pub fn assert_exact(database: &Database, inbox: Option<Range<i64>>) -> i64 {
    let mut client = connect(&database.url());
    let next: i64 = value(
        &mut client,
        "select coalesce(max(next_offset), 0) from ingest_offsets where source = $1",
        &[&SOURCE],
    );
    let spans: Vec<_> = inbox.iter().cloned().chain(Some(0..next)).collect();
    let firsts: Vec<i64> = spans.iter().map(|span| span.start).collect();
    let pasts: Vec<i64> = spans.iter().map(|span| span.end).collect();
    let sql = format!("with {NUMBERED}{DIFFERENCES}");
    for state in ["before a rollup", "after it"] {
        let rows = client
            .query(&sql, &[&firsts, &pasts, &INBOX_FROM])
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let difference: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(
            difference.is_empty(),
            "{state}, ledger at {next}, inbox {inbox:?}: {difference:#?}"
        );
        assert_metrics_equal_raw(&mut client);
        roll_up(&mut client);
    }
    next
}
