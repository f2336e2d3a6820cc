//! One session with the database: the ledger, and a batch as one transaction.

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
use super::{Class, DatabaseError, Target};
use crate::batch::{Batch, COPY_STATEMENT};
use crate::counts::{Stored, Totals};
use crate::dead_letter::DeadLetters;

/// Pieces of a `COPY`: below 128 KB the hand-over of each costs, above 1 MB nothing is gained.
const PIECE_BYTES: usize = 256 * 1024;

/// Days that a session remembers to have had made: events with wrong clocks must not fill the memory.
const MAX_DAYS: usize = 100_000;

/// Days of which `musicstream_make_partitions` makes the partitions in one transaction, at most.
const DAYS_AT_ONCE: usize = 100;

/// What a claim gives.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// Where to go on; `None`: nothing was ever committed.
    pub(crate) next_offset: Option<i64>,
    pub(crate) epoch: i64,
    /// As in [`Holder`].
    pub(crate) checksum: Option<Vec<u8>>,
    /// Of a topic: the leader epoch of the record before `next_offset`, if it is known.
    pub(crate) leader_epoch: Option<i32>,
}

/// Who holds a partition, and how far it is.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) next_offset: Option<i64>,
    pub(crate) epoch: i64,
    pub(crate) owner: String,
    /// Of a file: that of all that was consumed before `next_offset`; of a topic: its id.
    pub(crate) checksum: Option<Vec<u8>>,
}

/// A connection that is ready to write batches.
pub(crate) struct Session {
    client: Client,
    answer_within: Duration,
    advance: Statement,
    copy: Statement,
    upsert: Statement,
    refused: Statement,
    keep_bytes: Statement,
    make_partitions: Statement,
    claim: Statement,
    holder: Statement,
    probe: Statement,
    /// Days that this session has had made.
    days: BTreeSet<i32>,
}

/// How an attempt to write ended when it did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: DatabaseError,
    /// What the batch came to, if all but the answer to its `commit` had arrived: it may be stored.
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

/// Where sessions are opened, and how patient they are.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) target: Target,
    /// A server that keeps the connection and says nothing for so long is taken for lost.
    pub(crate) answer_within: Duration,
    /// Whether a person asks for what is stored, as by a load: then its days need not be few.
    pub(crate) is_asked: bool,
}

impl Session {
    /// Connects, checks that the extension is there, and prepares what a batch needs.
    ///
    /// # Errors
    /// The server cannot be reached, or the set-up is wrong; see [`DatabaseError::class`].
    pub(crate) async fn open(server: &Server) -> Result<Session, DatabaseError> {
        let client = connect(&server.target).await?;
        within(server.answer_within, "cannot prepare the session", async {
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
            .batch_execute(include_str!("../sql/notice_death.sql"))
            .await
        {
            tracing::debug!(%error, "the server cannot notice the death of a client");
        }
        client
            .execute("select musicstream_session_staging()", &[])
            .await?;
        Ok(Session {
            advance: client.prepare(include_str!("../sql/advance.sql")).await?,
            copy: client.prepare(COPY_STATEMENT).await?,
            upsert: client.prepare(include_str!("../sql/upsert.sql")).await?,
            refused: client.prepare(include_str!("../sql/refused.sql")).await?,
            keep_bytes: client
                .prepare(include_str!("../sql/keep_bytes.sql"))
                .await?,
            make_partitions: client
                .prepare(if server.is_asked {
                    include_str!("../sql/make_partitions.sql")
                } else {
                    include_str!("../sql/prepare_days.sql")
                })
                .await?,
            days: BTreeSet::new(),
            claim: client.prepare(include_str!("../sql/claim.sql")).await?,
            holder: client.prepare(include_str!("../sql/holder.sql")).await?,
            probe: client.prepare(include_str!("../sql/probe.sql")).await?,
            answer_within: server.answer_within,
            client,
        })
    }

    /// Whether the connection is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Takes a partition over; its former owner is fenced.
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
            checksum: row.get(2),
            leader_epoch: row.get(3),
        })
    }

    /// Who holds a partition now.
    pub(crate) async fn holder(
        &self,
        source: &str,
        partition: i32,
    ) -> Result<Option<Holder>, DatabaseError> {
        let parameters: [&(dyn ToSql + Sync); 2] = [&source, &partition];
        let row = self
            .answered(
                "cannot read the ledger",
                self.client.query_opt(&self.holder, &parameters),
            )
            .await?;
        Ok(row.map(|row| Holder {
            next_offset: row.get(0),
            epoch: row.get(1),
            owner: row.get::<_, Option<String>>(2).unwrap_or_default(),
            checksum: row.get(3),
        }))
    }

    /// Gives a partition up that has ended; without effect if another owner has it by now.
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

    /// Asks whether the database would take a batch now.
    ///
    /// # Errors
    /// It does not answer, or is a standby or read-only.
    pub(crate) async fn probe(&self) -> Result<(), DatabaseError> {
        let row = self
            .answered(
                "cannot ask the database how it is",
                self.client.query_one(&self.probe, &[]),
            )
            .await?;
        match row.get(0) {
            true => Ok(()),
            false => Err(DatabaseError::outage("the database is read-only")),
        }
    }

    /// Opens a transaction and sends the rows of a batch into the session's staging table.
    ///
    /// # Errors
    /// Nothing is stored.
    pub(crate) async fn stage(&mut self, batch: &Batch) -> Result<(), DatabaseError> {
        let staged = within(self.answer_within, "cannot stage a batch", async {
            self.make_partitions(batch).await?;
            self.stage_rows(batch, 0..batch.row_count()).await
        })
        .await;
        self.unless_broken(staged).await
    }

    /// Keeps the transaction open while batches that come before this one are stored by others.
    ///
    /// # Errors
    /// Nothing is stored.
    pub(crate) async fn wait_until(
        &self,
        turn: impl Future<Output = bool>,
    ) -> Result<bool, DatabaseError> {
        let set = |sql| {
            self.answered(
                "cannot wait for the batch before this one",
                self.client.batch_execute(sql),
            )
        };
        set(include_str!("../sql/wait_for_turn.sql")).await?;
        if !turn.await {
            self.roll_back().await;
            return Ok(false);
        }
        set(include_str!("../sql/turn_came.sql")).await?;
        Ok(true)
    }

    /// Stores the batch that [`Session::stage`] staged and commits it; its rejects go to the dead letter topic, if there is
    /// one, before the commit.
    ///
    /// # Errors
    /// Nothing is stored, unless [`Failure::maybe_stored`] says that it is not known.
    pub(crate) async fn store(
        &self,
        batch: &Batch,
        dead_letters: Option<&DeadLetters>,
    ) -> Result<Stored, Failure> {
        let answer_within = self.answer_within;
        let upserted = within(answer_within, "cannot store a batch", async {
            let totals = self.upsert(batch, batch.spans().len()).await?;
            let rejects = self.keep_rejects(batch, &totals, dead_letters).await?;
            Ok(Stored { totals, rejects })
        })
        .await;
        let stored = self.unless_broken(upserted).await?;
        let commit = self.client.batch_execute("commit");
        match tokio::time::timeout(answer_within, commit).await {
            Ok(Ok(())) => Ok(stored),
            Ok(Err(error)) => {
                // With an answer, however bad, it is known that nothing was stored.
                let maybe_stored = error.as_db_error().is_none().then_some(stored);
                Err(Failure {
                    error: DatabaseError::of("cannot commit a batch", &error),
                    maybe_stored,
                })
            }
            Err(_) => Err(Failure {
                error: DatabaseError::silent("cannot commit a batch", answer_within),
                maybe_stored: Some(stored),
            }),
        }
    }

    /// Has the days of the batch made that this session has not met yet.
    async fn make_partitions(&mut self, batch: &Batch) -> Result<(), DatabaseError> {
        let new: Vec<i32> = batch.days().difference(&self.days).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        for days in new.chunks(DAYS_AT_ONCE) {
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

    /// Whether the database would take these rows: writes them and rolls back.
    ///
    /// # Errors
    /// Any error but that of class [`Class::Data`].
    pub(crate) async fn would_take(
        &self,
        batch: &Batch,
        rows: Range<usize>,
    ) -> Result<Option<DatabaseError>, DatabaseError> {
        let what = "cannot look for the rows that are refused";
        let upserted = async {
            self.stage_rows(batch, rows).await?;
            self.upsert(batch, 0).await
        };
        let outcome = within(self.answer_within, what, upserted).await;
        self.roll_back().await;
        match outcome {
            Ok(_) => Ok(None),
            Err(error) if error.class() == Class::Data => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }

    /// Rolls back after an error, unless the session will not be used again.
    async fn unless_broken<T>(
        &self,
        outcome: Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        // Of an outage the state is not known.
        if let Err(error) = &outcome
            && error.class() != Class::Outage
        {
            self.roll_back().await;
        }
        outcome
    }

    /// Opens a transaction and copies rows into the staging table.
    async fn stage_rows(&self, batch: &Batch, rows: Range<usize>) -> Result<(), DatabaseError> {
        let staging = |error| DatabaseError::of("cannot stage a batch", &error);
        // In one round trip. Outside a transaction the rows would be gone with the statement.
        let (begun, copying) = join(
            self.client.batch_execute(include_str!("../sql/begin.sql")),
            self.client.copy_in::<_, Bytes>(&self.copy),
        )
        .await;
        begun.map_err(|error| DatabaseError::of("cannot begin a transaction", &error))?;
        let mut sink = pin!(copying.map_err(staging)?);
        for piece in batch.copy_data(rows, PIECE_BYTES) {
            // When the server refuses a row it stops reading; what it said comes out of finish().
            if sink.feed(piece).await.is_err() {
                break;
            }
        }
        sink.finish().await.map_err(staging)?;
        Ok(())
    }

    /// Moves the ledger by the first spans of a batch that is staged, and upserts it, in one round trip.
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
                        &span.checksum,
                        &span.leader_epoch,
                    ],
                )
                .await
        }));
        let (advanced, _, upserted) = join3(
            advances,
            // From here on only the server works, as long as it takes.
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

    /// The answer to a statement, if it comes in time.
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
        within(self.answer_within, what, answer).await
    }

    async fn roll_back(&self) {
        // If this fails the connection is gone, which the next use finds out.
        let _ = self.client.batch_execute("rollback").await;
    }
}

/// A future that is given up after a while: an outage.
async fn within<T>(
    time: Duration,
    what: &str,
    future: impl Future<Output = Result<T, DatabaseError>>,
) -> Result<T, DatabaseError> {
    tokio::time::timeout(time, future)
        .await
        .unwrap_or_else(|_| Err(DatabaseError::silent(what, time)))
}
