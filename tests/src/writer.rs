//! Stores events without the ingestor: batches with the SQL protocol, and rows for the inbox.
//!
//! The events are a pure function of their numbers, so the ledger's position determines what must be stored.

use std::ops::Range;

use postgres::{Client, Error};

use crate::database::{Database, connect, process_of, value};
use crate::oracle::{assert_metrics_equal_raw, roll_up};
use crate::process::Summary;

/// The source of a [`Writer`].
pub const SOURCE: &str = "test:numbered";
/// Numbers from here on are for the inbox, smaller ones for the ledger. A writer would need weeks to reach it, and then
/// fails.
pub const INBOX_FROM: i64 = 1_000_000_000;
/// Each block of this many numbers has new days.
pub const DAY_EVERY: i64 = 1_000;

const NUMBERED: &str = include_str!("numbered.sql");
const DIFFERENCES: &str = include_str!("numbered_differences.sql");

/// The common table expression `numbered`: the complete events of these numbers.
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
    /// Its session, with the privileges of the ingest role.
    pub client: Client,
    /// The `search_path` for the call of the upsert, if other than that of the session.
    pub search_path: Option<&'static str>,
    epoch: i64,
    next: i64,
}

impl Writer {
    /// Connects, claims the source, and continues at the position of the ledger.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses.
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
            // Afterwards `next_offset` is not null.
            writer.advance_from_nothing()?;
        }
        Ok(writer)
    }

    /// The number of its next event.
    pub fn next(&self) -> i64 {
        self.next
    }

    /// The process id of its session.
    ///
    /// # Panics
    /// The session has ended.
    pub fn process(&mut self) -> i32 {
        process_of(&mut self.client)
    }

    /// Stores its next events in one transaction. After an error its position is unchanged.
    ///
    /// # Errors
    /// Those of the server.
    ///
    /// # Panics
    /// Its numbers have reached those of the inbox.
    pub fn store(&mut self, rows: i64) -> Result<Summary, Error> {
        self.write(rows, true)
    }

    /// As [`Writer::store`], without advancing the ledger, and so without locking its row first. The caller must prevent the
    /// commit.
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
            "select staged, inserted, duplicate, conflicting, rejected from public.musicstream_upsert_batch($1)",
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

/// The summary of a batch of this many events that begins at a multiple of twenty.
///
/// # Panics
/// The number of rows is not a multiple of twenty.
pub fn summary_of(rows: i64) -> Summary {
    assert_eq!(
        rows % 20,
        0,
        "the pattern of events repeats every twenty rows"
    );
    Summary {
        read: rows,
        inserted: rows / 20 * 16,
        duplicate: rows / 20,
        conflicting: rows / 20,
        rejected: rows / 20 * 2,
    }
}

/// Inserts events into `staging_events` with one statement.
///
/// # Errors
/// Those of the server.
///
/// # Panics
/// The numbers are not those for the inbox.
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

/// Checks that the database contains exactly the events of [`SOURCE`] up to the position of the ledger, those of the inbox,
/// and their rejects with position, reason and bytes, and that its metrics are exact before a rollup and after it. Returns the
/// position of the ledger.
///
/// # Panics
/// There is a difference.
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
