//! Stores batches by SQL: rows are staged in the session's table, then upserted.

use postgres::Client;

use crate::database::{Database, connect};

/// The outcome of a batch, as numbers of rows.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// All rows.
    pub staged: i64,
    /// New events.
    pub inserted: i64,
    /// Already stored with the same fields.
    pub duplicate: i64,
    /// Already stored with other fields.
    pub conflicting: i64,
    /// Rejected.
    pub rejected: i64,
}

/// An outcome, by its numbers in the order of the columns.
pub fn outcome(
    staged: i64,
    inserted: i64,
    duplicate: i64,
    conflicting: i64,
    rejected: i64,
) -> Outcome {
    Outcome {
        staged,
        inserted,
        duplicate,
        conflicting,
        rejected,
    }
}

/// A session of the ingest role that has its staging table.
///
/// # Panics
/// The server refuses.
pub fn session(database: &Database) -> Client {
    let mut client = connect(&database.ingest_url());
    client
        .execute("select musicstream_session_staging()", &[])
        .unwrap();
    client
}

impl Outcome {
    /// Reads the columns staged (or retried), inserted, duplicate, conflicting, rejected.
    pub fn of(row: &postgres::Row) -> Outcome {
        Outcome {
            staged: row.get(0),
            inserted: row.get(1),
            duplicate: row.get(2),
            conflicting: row.get(3),
            rejected: row.get(4),
        }
    }
}

/// Stores a batch given as the body of an SQL `values` list of
/// `(partition, position, event_id, user_id, event_type, region, ts)`. Event ids are numbers: 1 is
/// `00000000-0000-0000-0000-000000000001`.
///
/// # Errors
/// Those of the database.
pub fn store(client: &mut Client, source: &str, values: &str) -> Result<Outcome, postgres::Error> {
    let mut transaction = client.transaction()?;
    transaction.batch_execute(&staging(values))?;
    let outcome =
        transaction.query_one("select * from musicstream_upsert_batch($1)", &[&source])?;
    transaction.commit()?;
    Ok(Outcome::of(&outcome))
}

/// The statements that stage such a batch, to be run in the transaction that stores it.
pub fn staging(values: &str) -> String {
    format!(
        "select musicstream_session_staging();
        insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
        select partition, position, {}, user_id, event_type, region, ts::timestamptz
        from (values {values}) as v (partition, position, number, user_id, event_type, region, ts)",
        event_id("number")
    )
}

/// The SQL expression of the event id with this number.
pub fn event_id(number: &str) -> String {
    format!("lpad(to_hex({number}), 32, '0')::uuid")
}
