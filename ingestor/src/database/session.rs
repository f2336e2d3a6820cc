//! One session with the database: reads and claims in the ledger, and a batch as one transaction.

mod rejects;

use std::collections::BTreeSet;
use std::ops::Range;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::future::{join, join3, try_join_all};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::connection::{check_extension, connect};
use super::{Class, DatabaseError, RejectSink, Target};
use crate::batch::{Batch, COPY_STATEMENT};
use crate::counts::{Stored, Totals};

/// Size of the messages of a `COPY`: below 128 KB their number costs time, above 1 MB nothing is gained.
const PIECE_BYTES: usize = 256 * 1024;

/// Days whose partitions a session remembers to have asked for. Bounded, because wrong clocks can produce any day.
const MAX_DAYS: usize = 100_000;

/// Days whose partitions are made in one transaction, at most.
const DAYS_AT_ONCE: usize = 100;

/// The answer to a claim.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// Where reading continues; `None`: nothing was ever committed.
    pub(crate) next_offset: Option<i64>,
    pub(crate) epoch: i64,
    /// As in [`LedgerEntry`].
    pub(crate) source_identity: Option<Vec<u8>>,
    /// Of a topic: the leader epoch of the record before `next_offset`, if it is known.
    pub(crate) leader_epoch: Option<i32>,
}

/// What the ledger has for a partition.
#[derive(Debug, Clone)]
pub(crate) struct LedgerEntry {
    pub(crate) next_offset: Option<i64>,
    pub(crate) epoch: i64,
    /// Empty if the partition was released.
    pub(crate) owner: String,
    /// Of a file: the checksum of its content before `next_offset`. Of a topic: its id.
    pub(crate) source_identity: Option<Vec<u8>>,
}

/// A connection that is ready to write batches.
pub(crate) struct Session {
    client: Client,
    answer_within: Duration,
    advance: Statement,
    copy: Statement,
    upsert: Statement,
    refused: Statement,
    set_rejected_bytes: Statement,
    make_partitions: Statement,
    claim: Statement,
    ledger_entry: Statement,
    check_writable: Statement,
    /// Days whose partitions this session has asked for. The database may have refused some.
    days: BTreeSet<i32>,
}

/// A failed attempt to store a batch.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: DatabaseError,
    /// The counts of the batch if only the server's answer to its `commit` is missing: it may be stored.
    pub(crate) maybe_stored: Option<Stored>,
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Failure {
        Failure {
            error,
            maybe_stored: None,
        }
    }
}

/// Where sessions are opened, and how.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) target: Target,
    /// A server that keeps the connection but does not answer for this time counts as lost.
    pub(crate) answer_within: Duration,
    /// Whether partitions of past days are made without the limit of `musicstream.max_new_days`: for a load, which a person
    /// has started, but not for a stream, where wrong clocks are more likely.
    pub(crate) makes_any_day: bool,
}

impl Session {
    /// Connects, checks that the extension is there, and prepares what a batch needs.
    ///
    /// # Errors
    /// The server cannot be reached, or the set-up is wrong; see [`DatabaseError::class`].
    pub(crate) async fn open(server: &Server) -> Result<Session, DatabaseError> {
        let client = connect(&server.target).await?;
        with_timeout(server.answer_within, "cannot prepare the session", async {
            check_extension(&client).await?;
            Session::prepare(client, server)
                .await
                .map_err(|error| DatabaseError::of("cannot prepare the session", &error))
        })
        .await
    }

    async fn prepare(client: Client, server: &Server) -> Result<Session, tokio_postgres::Error> {
        client
            .batch_execute(include_str!("../sql/session.sql"))
            .await?;
        if let Err(error) = client
            .batch_execute(include_str!("../sql/detect_dead_client.sql"))
            .await
        {
            tracing::debug!(%error, "the server cannot detect that a client has died");
        }
        if let Err(error) = client
            .batch_execute(include_str!("../sql/temp_buffers.sql"))
            .await
        {
            tracing::debug!(%error, "temp_buffers cannot be changed");
        }
        client
            .execute("select musicstream_session_staging()", &[])
            .await?;
        Ok(Session {
            advance: client.prepare(include_str!("../sql/advance.sql")).await?,
            copy: client.prepare(COPY_STATEMENT).await?,
            upsert: client.prepare(include_str!("../sql/upsert.sql")).await?,
            refused: client.prepare(include_str!("../sql/refused.sql")).await?,
            set_rejected_bytes: client
                .prepare(include_str!("../sql/set_rejected_bytes.sql"))
                .await?,
            make_partitions: client
                .prepare(if server.makes_any_day {
                    include_str!("../sql/make_partitions.sql")
                } else {
                    include_str!("../sql/prepare_days.sql")
                })
                .await?,
            days: BTreeSet::new(),
            claim: client.prepare(include_str!("../sql/claim.sql")).await?,
            ledger_entry: client
                .prepare(include_str!("../sql/ledger_entry.sql"))
                .await?,
            check_writable: client
                .prepare(include_str!("../sql/check_writable.sql"))
                .await?,
            answer_within: server.answer_within,
            client,
        })
    }

    /// Whether the connection is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Claims a partition; its former owner is fenced.
    pub(crate) async fn claim(
        &self,
        source: &str,
        partition: i32,
        owner: &str,
    ) -> Result<Claim, DatabaseError> {
        let parameters: [&(dyn ToSql + Sync); 3] = [&source, &partition, &owner];
        let row = self
            .answered(
                "cannot claim a partition",
                self.client.query_one(&self.claim, &parameters),
            )
            .await?;
        Ok(Claim {
            next_offset: row.get(0),
            epoch: row.get(1),
            source_identity: row.get(2),
            leader_epoch: row.get(3),
        })
    }

    /// The ledger entry of a partition.
    pub(crate) async fn ledger_entry(
        &self,
        source: &str,
        partition: i32,
    ) -> Result<Option<LedgerEntry>, DatabaseError> {
        let parameters: [&(dyn ToSql + Sync); 2] = [&source, &partition];
        let row = self
            .answered(
                "cannot read the ledger",
                self.client.query_opt(&self.ledger_entry, &parameters),
            )
            .await?;
        Ok(row.map(|row| LedgerEntry {
            next_offset: row.get(0),
            epoch: row.get(1),
            owner: row.get::<_, Option<String>>(2).unwrap_or_default(),
            source_identity: row.get(3),
        }))
    }

    /// Releases a partition. Has no effect if another owner has claimed it.
    pub(crate) async fn release(
        &self,
        source: &str,
        partition: i32,
        epoch: i64,
    ) -> Result<(), DatabaseError> {
        let parameters: [&(dyn ToSql + Sync); 3] = [&source, &partition, &epoch];
        self.answered(
            "cannot release a partition",
            self.client
                .execute(include_str!("../sql/release.sql"), &parameters),
        )
        .await?;
        Ok(())
    }

    /// Checks whether the database can be written to.
    ///
    /// # Errors
    /// The server does not answer, or is a standby or read-only.
    pub(crate) async fn check_writable(&self) -> Result<(), DatabaseError> {
        let row = self
            .answered(
                "cannot check whether the database can be written to",
                self.client.query_one(&self.check_writable, &[]),
            )
            .await?;
        match row.get(0) {
            true => Ok(()),
            false => Err(DatabaseError::outage("the database is read-only")),
        }
    }

    /// Begins a transaction and copies the rows of a batch into the staging table.
    ///
    /// # Errors
    /// Nothing is stored.
    pub(crate) async fn stage(&mut self, batch: &Batch) -> Result<(), DatabaseError> {
        let staged = with_timeout(self.answer_within, "cannot stage a batch", async {
            self.make_partitions(batch).await?;
            self.stage_rows(batch, 0..batch.row_count()).await
        })
        .await;
        self.roll_back_on_error(staged).await
    }

    /// Keeps the transaction open while other writers store the batches before this one; false if `ticket` was cancelled.
    ///
    /// # Errors
    /// Nothing is stored.
    pub(crate) async fn wait_until(
        &self,
        ticket: impl Future<Output = bool>,
    ) -> Result<bool, DatabaseError> {
        let set = |sql| {
            self.answered(
                "cannot wait for the batch before this one",
                self.client.batch_execute(sql),
            )
        };
        set(include_str!("../sql/begin_wait.sql")).await?;
        if !ticket.await {
            self.roll_back().await;
            return Ok(false);
        }
        set(include_str!("../sql/end_wait.sql")).await?;
        Ok(true)
    }

    /// Stores the batch that [`Session::stage`] has staged, sends its rejects to the sink, if there is one, and commits.
    ///
    /// # Errors
    /// Nothing is stored, unless [`Failure::maybe_stored`] is set.
    pub(crate) async fn store(
        &self,
        batch: &Batch,
        sink: Option<&dyn RejectSink>,
    ) -> Result<Stored, Failure> {
        let answer_within = self.answer_within;
        let upserted = with_timeout(answer_within, "cannot store a batch", async {
            let totals = self.upsert(batch, batch.spans().len()).await?;
            let rejects = self.keep_rejects(batch, &totals, sink).await?;
            Ok(Stored { totals, rejects })
        })
        .await;
        let stored = self.roll_back_on_error(upserted).await?;
        let commit = self.client.batch_execute("commit");
        match tokio::time::timeout(answer_within, commit).await {
            Ok(Ok(())) => Ok(stored),
            Ok(Err(error)) => {
                let error = DatabaseError::of("cannot commit a batch", &error);
                // An error of the server means that nothing was stored. One of class 08 (connection) may be the answer of a
                // pooler that has lost the server.
                let is_in_doubt = error.sqlstate().is_none_or(|code| code.starts_with("08"));
                Err(Failure {
                    error,
                    maybe_stored: is_in_doubt.then_some(stored),
                })
            }
            Err(_) => Err(Failure {
                error: DatabaseError::no_answer("cannot commit a batch", answer_within),
                maybe_stored: Some(stored),
            }),
        }
    }

    /// Has the partitions of all days made again: days that were refused may be accepted now.
    pub(crate) fn forget_days(&mut self) {
        self.days.clear();
    }

    /// Makes the partitions of the batch's days, except those that this session has asked for before.
    async fn make_partitions(&mut self, batch: &Batch) -> Result<(), DatabaseError> {
        let new: Vec<i32> = batch.days().difference(&self.days).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        // The newest days first: they matter most if the limit for new days is reached.
        for days in new.rchunks(DAYS_AT_ONCE) {
            self.client
                .execute(&self.make_partitions, &[&days])
                .await
                .map_err(|error| {
                    DatabaseError::of("cannot make the partitions of a batch", &error)
                })?;
        }
        if self.days.len() > MAX_DAYS {
            self.days.clear();
        }
        self.days.extend(new);
        Ok(())
    }

    /// Tries whether the database accepts these rows, and rolls back; returns the error if it refuses them.
    ///
    /// # Errors
    /// An error that is not about the data.
    pub(crate) async fn would_accept(
        &self,
        batch: &Batch,
        rows: Range<usize>,
    ) -> Result<Option<DatabaseError>, DatabaseError> {
        let what = "cannot find the rows that are refused";
        let upserted = async {
            self.stage_rows(batch, rows).await?;
            self.upsert(batch, 0).await
        };
        let outcome = with_timeout(self.answer_within, what, upserted).await;
        if outcome.is_ok() {
            self.roll_back().await;
        }
        match self.roll_back_on_error(outcome).await {
            Ok(_) => Ok(None),
            Err(error) if error.class() == Class::Data => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }

    /// Rolls back after an error. After an outage the state of the session is unknown, and it is not used again.
    async fn roll_back_on_error<T>(
        &self,
        outcome: Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        if let Err(error) = &outcome
            && error.class() != Class::Outage
        {
            self.roll_back().await;
        }
        outcome
    }

    /// Begins a transaction and copies rows into the staging table.
    async fn stage_rows(&self, batch: &Batch, rows: Range<usize>) -> Result<(), DatabaseError> {
        let staging = |error| DatabaseError::of("cannot stage a batch", &error);
        // One round trip for both. The staging table keeps its rows only within a transaction.
        let (begun, copying) = join(
            self.client.batch_execute(include_str!("../sql/begin.sql")),
            self.client.copy_in::<_, Bytes>(&self.copy),
        )
        .await;
        begun.map_err(|error| DatabaseError::of("cannot begin a transaction", &error))?;
        let mut sink = pin!(copying.map_err(staging)?);
        for piece in batch.copy_data(rows, PIECE_BYTES) {
            // A server that refuses a row stops reading; finish() returns its error.
            if sink.feed(piece).await.is_err() {
                break;
            }
        }
        sink.finish().await.map_err(staging)?;
        Ok(())
    }

    /// Advances the ledger by the first `spans` spans of the staged batch, and upserts it, in one round trip.
    async fn upsert(&self, batch: &Batch, spans: usize) -> Result<Totals, DatabaseError> {
        let source = batch.source();
        let advances = try_join_all(batch.spans()[..spans].iter().map(|span| async move {
            self.client
                .execute(
                    &self.advance,
                    &[
                        &source,
                        &span.partition,
                        &span.from,
                        &span.to,
                        &span.epoch,
                        &span.source_identity,
                        &span.leader_epoch,
                    ],
                )
                .await
        }));
        let (advanced, _, upserted) = join3(
            advances,
            // The upsert may take longer than any limit that an administrator has set; `answer_within` bounds it.
            self.client.batch_execute("set local statement_timeout = 0"),
            self.client.query_one(&self.upsert, &[&source]),
        )
        .await;
        advanced.map_err(|error| DatabaseError::of("cannot advance the ledger", &error))?;
        let row = upserted.map_err(|error| DatabaseError::of("cannot upsert a batch", &error))?;
        let count = |column: usize| u64::try_from(row.get::<_, i64>(column)).unwrap_or_default();
        let totals = Totals {
            read: count(0),
            inserted: count(1),
            duplicate: count(2),
            conflicting: count(3),
            rejected: count(4),
        };
        Ok(totals)
    }

    /// Waits for the answer to a statement, at most for `answer_within`.
    async fn answered<T>(
        &self,
        what: &str,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, DatabaseError> {
        let answer = async {
            answer
                .await
                .map_err(|error| DatabaseError::of(what, &error))
        };
        with_timeout(self.answer_within, what, answer).await
    }

    async fn roll_back(&self) {
        // If this fails the connection is broken, which the next use reports. The server handles statements in order, so an
        // answer that comes too late does no harm.
        let rollback = self.client.batch_execute("rollback");
        let _ = tokio::time::timeout(self.answer_within, rollback).await;
    }
}

/// Cancels a future after `time`, which then counts as an outage.
async fn with_timeout<T>(
    time: Duration,
    what: &str,
    future: impl Future<Output = Result<T, DatabaseError>>,
) -> Result<T, DatabaseError> {
    tokio::time::timeout(time, future)
        .await
        .unwrap_or_else(|_| Err(DatabaseError::no_answer(what, time)))
}
