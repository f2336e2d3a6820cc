//! A session that stores batches as the ingestor does, or by a plain COPY.

use std::io::Write;
use std::time::Instant;

use anyhow::{Result, ensure};
use postgres::Client;

use super::events::Batch;
use crate::server::{Database, Server};

const SOURCE: &str = "bench";

/// A session and its database. All returned times are in seconds.
pub(crate) struct Writer {
    client: Client,
    next_offset: Option<i64>,
    epoch: i64,
    // Dropped after the session.
    _database: Database,
}

impl Writer {
    /// Creates a database with the extension and two plain tables.
    pub(crate) fn create(server: &Server, purpose: &str) -> Result<Writer> {
        let database = server.fresh_with_extension(purpose)?;
        let mut client = database.client()?;
        client.batch_execute("set client_min_messages = warning")?;
        client.batch_execute(include_str!("../sql/plain_tables.sql"))?;
        client.batch_execute(include_str!("../sql/session.sql"))?;
        let claim = "select epoch from musicstream_claim($1, 0, 'bench')";
        let epoch = client.query_one(claim, &[&SOURCE])?.get(0);
        Ok(Writer {
            client,
            next_offset: None,
            epoch,
            _database: database,
        })
    }

    /// The time of the whole transaction: ledger, staging, upsert, commit.
    pub(crate) fn upsert(&mut self, batch: &Batch) -> Result<f64> {
        let started = Instant::now();
        let mut transaction = self.client.transaction()?;
        let next = self.next_offset.unwrap_or_default() + 1;
        transaction.execute(
            "select musicstream_advance($1, 0, $2, $3, $4)",
            &[&SOURCE, &self.next_offset, &next, &self.epoch],
        )?;
        let mut copy = transaction.copy_in(
            "copy pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts, song_id, device)
             from stdin with (format binary)",
        )?;
        copy.write_all(&batch.staging)?;
        copy.finish()?;
        let stored = transaction.query_one(
            "select staged, inserted from musicstream_upsert_batch($1)",
            &[&SOURCE],
        )?;
        transaction.commit()?;
        let seconds = started.elapsed().as_secs_f64();
        let (staged, inserted): (i64, i64) = (stored.get(0), stored.get(1));
        ensure!(
            staged == batch.rows as i64 && inserted == staged,
            "{inserted} of {staged} rows were inserted, but all {} are new",
            batch.rows
        );
        self.next_offset = Some(next);
        Ok(seconds)
    }

    /// The time of a plain COPY of the same rows into a table with a uuid primary key.
    pub(crate) fn copy(&mut self, table: &str, rows: &[u8]) -> Result<f64> {
        let started = Instant::now();
        let mut transaction = self.client.transaction()?;
        let mut copy = transaction.copy_in(&format!(
            "copy {table} (event_id, user_id, event_type, region, ts, song_id, device) from stdin with (format binary)"
        ))?;
        copy.write_all(rows)?;
        copy.finish()?;
        transaction.commit()?;
        Ok(started.elapsed().as_secs_f64())
    }

    pub(crate) fn rollup(&mut self) -> Result<f64> {
        self.query("select musicstream_rollup()")
    }

    /// The time of one statement, including its result.
    pub(crate) fn query(&mut self, sql: &str) -> Result<f64> {
        let started = Instant::now();
        self.client.query(sql, &[])?;
        Ok(started.elapsed().as_secs_f64())
    }

    /// The client, for statements that are not timed.
    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.client
    }
}
