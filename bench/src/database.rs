//! A database of the benchmark: the extension, and beside it the plain table that it is compared with.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use postgres::{Client, NoTls};

use crate::events::Batch;

const SOURCE: &str = "bench";

pub(crate) struct Database {
    server: String,
    name: String,
    client: Client,
    next_offset: Option<i64>,
    epoch: i64,
}

impl Database {
    /// Makes it anew.
    pub(crate) fn create(url: &str, name: &str) -> Result<Database> {
        let mut server = Client::connect(url, NoTls).context("cannot connect")?;
        server.batch_execute(&format!("drop database if exists {name} with (force)"))?;
        server.batch_execute(&format!("create database {name}"))?;
        let (address, _) = url.rsplit_once('/').context("the URL names no database")?;
        let mut client = Client::connect(&format!("{address}/{name}"), NoTls)?;
        client.batch_execute(include_str!("sql/set_up.sql"))?;
        let epoch = client
            .query_one(
                "select epoch from musicstream_claim($1, 0, 'bench')",
                &[&SOURCE],
            )?
            .get(0);
        Ok(Database {
            server: url.to_owned(),
            name: name.to_owned(),
            client,
            next_offset: None,
            epoch,
        })
    }

    /// Drops it.
    pub(crate) fn remove(self) -> Result<()> {
        drop(self.client);
        Client::connect(&self.server, NoTls)?
            .batch_execute(&format!("drop database {} with (force)", self.name))?;
        Ok(())
    }

    /// Puts so many events a day into the days that end with `last`, with their metrics; `last` in days since 1970-01-01.
    pub(crate) fn fill(&mut self, last: i64, days: i64, rows_a_day: i64) -> Result<()> {
        for day in last - days + 1..=last {
            let script = include_str!("sql/fill_day.sql")
                .replace(":day", &format!("(date '1970-01-01' + {day})"))
                .replace(":rows", &rows_a_day.to_string());
            self.client.batch_execute(&script)?;
        }
        self.client.batch_execute("analyze; checkpoint")?;
        // The first change of a page after a checkpoint writes all of it to the log. Rollups that run every few seconds meet
        // that once in hundreds of times, and so shall these: the rows that late events change are touched.
        self.client.batch_execute(
            &include_str!("sql/touch_minutes.sql")
                .replace(":day", &format!("(date '1970-01-01' + {last})")),
        )?;
        Ok(())
    }

    /// Stores a batch as the ingestor does: ledger, staging, upsert, commit.
    pub(crate) fn upsert(&mut self, batch: &Batch) -> Result<Duration> {
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
            "select staged, inserted from musicstream_upsert($1)",
            &[&SOURCE],
        )?;
        transaction.commit()?;
        let took = started.elapsed();
        anyhow::ensure!(
            stored.get::<_, i64>(0) == stored.get::<_, i64>(1),
            "not every row was new"
        );
        self.next_offset = Some(next);
        Ok(took)
    }

    /// The same rows by a plain COPY into a table with a uuid primary key.
    pub(crate) fn copy(&mut self, table: &str, rows: &[u8]) -> Result<Duration> {
        let started = Instant::now();
        let mut transaction = self.client.transaction()?;
        let mut copy = transaction.copy_in(&format!(
            "copy {table} (event_id, user_id, event_type, region, ts, song_id, device) from stdin with (format binary)"
        ))?;
        copy.write_all(rows)?;
        copy.finish()?;
        transaction.commit()?;
        Ok(started.elapsed())
    }

    /// One statement, and all its rows.
    pub(crate) fn query(&mut self, sql: &str) -> Result<Duration> {
        let started = Instant::now();
        self.client.query(sql, &[])?;
        Ok(started.elapsed())
    }

    /// A script that is not timed.
    pub(crate) fn run(&mut self, script: &str) -> Result<()> {
        Ok(self.client.batch_execute(script)?)
    }

    /// One text.
    pub(crate) fn text(&mut self, sql: &str) -> Result<String> {
        Ok(self.client.query_one(sql, &[])?.get(0))
    }
}
