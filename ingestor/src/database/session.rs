//! One session with the database: the ledger, and a batch as one transaction.

use std::collections::BTreeSet;
use std::ops::Range;
use std::pin::pin;

use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::future::{join, join3, try_join_all};
use tokio_postgres::{Client, Statement};

use super::{Class, DatabaseError, Target};
use crate::batch::{Batch, COPY_STATEMENT};
use crate::summary::Totals;

/// Pieces of a `COPY`: below 128 KB the hand-over of each costs, above 1 MB nothing is gained.
const PIECE_BYTES: usize = 256 * 1024;

/// Days that a session remembers to have had made: events with wrong clocks must not fill the memory.
const MAX_DAYS: usize = 100_000;

/// What a claim gives.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// Where to go on; `None`: nothing was ever committed.
    pub(crate) next_offset: Option<i64>,
    pub(crate) epoch: i64,
}

/// Who holds a partition, and how far it is.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) next_offset: Option<i64>,
    pub(crate) epoch: i64,
    pub(crate) owner: String,
    /// Of all that was consumed before `next_offset`; files only.
    pub(crate) checksum: Option<Vec<u8>>,
}

/// A connection that is ready to write batches.
pub(crate) struct Session {
    client: Client,
    advance: Statement,
    copy: Statement,
    upsert: Statement,
    refused: Statement,
    keep_bytes: Statement,
    make_partitions: Statement,
    claim: Statement,
    holder: Statement,
    /// Days that this session has had made.
    days: BTreeSet<i32>,
}

/// How an attempt to write ended when it did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: DatabaseError,
    /// What the batch came to, if all but the answer to its `commit` had arrived: it may be stored.
    pub(crate) maybe_stored: Option<Totals>,
}

impl Session {
    /// Connects, checks that the extension is there, and prepares what a batch needs.
    ///
    /// # Errors
    /// The server cannot be reached, or the set-up is wrong; see [`DatabaseError::class`].
    pub(crate) async fn open(target: &Target) -> Result<Session, DatabaseError> {
        let client = connect(target).await?;
        check_extension(&client).await?;
        let session = async {
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
                    .prepare(include_str!("../sql/make_partitions.sql"))
                    .await?,
                days: BTreeSet::new(),
                claim: client.prepare(include_str!("../sql/claim.sql")).await?,
                holder: client.prepare(include_str!("../sql/holder.sql")).await?,
                client,
            })
        };
        session
            .await
            .map_err(|error| DatabaseError::of("cannot prepare the session", &error))
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
        let row = self
            .client
            .query_one(&self.claim, &[&source, &partition, &owner])
            .await
            .map_err(|error| DatabaseError::of("cannot claim a partition", &error))?;
        Ok(Claim {
            next_offset: row.get(0),
            epoch: row.get(1),
        })
    }

    /// Who holds a partition now.
    pub(crate) async fn holder(
        &self,
        source: &str,
        partition: i32,
    ) -> Result<Option<Holder>, DatabaseError> {
        let row = self
            .client
            .query_opt(&self.holder, &[&source, &partition])
            .await
            .map_err(|error| DatabaseError::of("cannot read the ledger", &error))?;
        Ok(row.map(|row| Holder {
            next_offset: row.get(0),
            epoch: row.get(1),
            owner: row.get::<_, Option<String>>(2).unwrap_or_default(),
            checksum: row.get(3),
        }))
    }

    /// Writes a batch and commits it.
    ///
    /// # Errors
    /// Nothing is stored, unless [`Failure::maybe_stored`] says that it is not known.
    pub(crate) async fn write(&mut self, batch: &Batch) -> Result<Totals, Failure> {
        if let Err(error) = self.make_partitions(batch).await {
            return Err(Failure {
                error,
                maybe_stored: None,
            });
        }
        let totals = match self
            .stage_and_upsert(batch, 0..batch.row_count(), batch.spans().len())
            .await
        {
            Ok(totals) => totals,
            Err(error) => {
                self.roll_back().await;
                return Err(Failure {
                    error,
                    maybe_stored: None,
                });
            }
        };
        match self.client.batch_execute("commit").await {
            Ok(()) => Ok(totals),
            Err(error) => {
                // With an answer, however bad, it is known that nothing was stored.
                let maybe_stored = error.as_db_error().is_none().then_some(totals);
                Err(Failure {
                    error: DatabaseError::of("cannot commit a batch", &error),
                    maybe_stored,
                })
            }
        }
    }

    /// Has the days of the batch made that this session has not met yet.
    async fn make_partitions(&mut self, batch: &Batch) -> Result<(), DatabaseError> {
        let new: Vec<i32> = batch.days().difference(&self.days).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        self.client
            .execute(&self.make_partitions, &[&new])
            .await
            .map_err(|error| DatabaseError::of("cannot make the partitions of a batch", &error))?;
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
        let outcome = self.stage_and_upsert(batch, rows, 0).await;
        self.roll_back().await;
        match outcome {
            Ok(_) => Ok(None),
            Err(error) if error.class() == Class::Data => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }

    /// Opens a transaction and does all of a batch but the commit, in three round trips.
    ///
    /// The `COPY` is not sent along with what comes before it: the client library ends one that never began with a
    /// message too many, and answers to later requests would be taken for those of others.
    async fn stage_and_upsert(
        &self,
        batch: &Batch,
        rows: Range<usize>,
        spans: usize,
    ) -> Result<Totals, DatabaseError> {
        let source = batch.source();
        let begin = self.client.batch_execute(include_str!("../sql/begin.sql"));
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
                    ],
                )
                .await
        }));
        let (begun, advanced) = join(begin, advances).await;
        begun.map_err(|error| DatabaseError::of("cannot begin a transaction", &error))?;
        advanced.map_err(|error| DatabaseError::of("cannot advance the ledger", &error))?;
        let copying = self.client.copy_in::<_, Bytes>(&self.copy).await;
        let mut sink =
            pin!(copying.map_err(|error| DatabaseError::of("cannot stage a batch", &error))?);

        for piece in batch.copy_data(rows, PIECE_BYTES) {
            // When the server refuses a row it stops reading; what it said comes out of finish().
            if sink.feed(piece).await.is_err() {
                break;
            }
        }
        let (staged, _, upserted) = join3(
            sink.finish(),
            // From here on only the server works, as long as it takes.
            self.client.batch_execute("set local statement_timeout = 0"),
            self.client.query_one(&self.upsert, &[&source]),
        )
        .await;
        staged.map_err(|error| DatabaseError::of("cannot stage a batch", &error))?;
        let row = upserted.map_err(|error| DatabaseError::of("cannot upsert a batch", &error))?;
        let count = |column: usize| u64::try_from(row.get::<_, i64>(column)).unwrap_or_default();
        let totals = Totals {
            read: count(0),
            inserted: count(1),
            duplicate: count(2),
            conflicting: count(3),
            rejected: count(4),
        };
        if totals.rejected + totals.conflicting > batch.refused_count() as u64 {
            self.hand_in_bytes(batch)
                .await
                .map_err(|error| DatabaseError::of("cannot keep the bytes of rejects", &error))?;
        }
        Ok(totals)
    }

    /// Gives the rejects of this transaction that the database refused their bytes.
    async fn hand_in_bytes(&self, batch: &Batch) -> Result<(), tokio_postgres::Error> {
        let source = batch.source();
        let spans = batch.position_spans();
        let partitions: Vec<i32> = spans.keys().copied().collect();
        let (first, last): (Vec<i64>, Vec<i64>) = spans.values().copied().unzip();
        let rows = self
            .client
            .query(&self.refused, &[&source, &partitions, &first, &last])
            .await?;
        let refused = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let origins = batch.unsent_bytes(&refused);
        let partitions: Vec<i32> = origins.iter().map(|origin| origin.partition).collect();
        let positions: Vec<i64> = origins.iter().map(|origin| origin.position).collect();
        let keys: Vec<Option<&[u8]>> = origins.iter().map(|origin| origin.key).collect();
        let payloads: Vec<Option<&[u8]>> = origins.iter().map(|origin| origin.payload).collect();
        self.client
            .execute(
                &self.keep_bytes,
                &[&source, &partitions, &positions, &keys, &payloads],
            )
            .await?;
        Ok(())
    }

    async fn roll_back(&self) {
        // If this fails the connection is gone, which the next use finds out.
        let _ = self.client.batch_execute("rollback").await;
    }
}

/// Connects, and lets the connection run on this thread's runtime.
pub(crate) async fn connect(target: &Target) -> Result<Client, DatabaseError> {
    let (client, connection) = target
        .connect(&target.connector()?)
        .await
        .map_err(|error| DatabaseError::of_connecting(target, &error))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "database connection ended");
        }
    });
    Ok(client)
}

async fn check_extension(client: &Client) -> Result<(), DatabaseError> {
    let row = client
        .query_opt(include_str!("../sql/extension.sql"), &[])
        .await
        .map_err(|error| DatabaseError::of("cannot look for the extension", &error))?;
    match row {
        None => Err(DatabaseError::config(
            "the database lacks the extension pg_musicstream; hint: create extension pg_musicstream",
        )),
        Some(row) if !row.get::<_, bool>(1) => Err(DatabaseError::config(
            "the extension pg_musicstream is not in the search_path; hint: add its schema, \
             for example with alter role … set search_path",
        )),
        Some(_) => Ok(()),
    }
}
