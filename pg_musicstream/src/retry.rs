//! Retries to store rejected events.

use pgrx::datum::{TimestampWithTimeZone, Uuid};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::correction;
use crate::error::Error;
use crate::pg_time;
use crate::upsert::{Batch, Outcome};

/// Rejected events that are retried at a time.
const SLICE_ROWS: i64 = 20_000;

#[pg_extern(sql = false)]
#[allow(clippy::type_complexity)] // pgrx reads the columns from the signature
fn decode_event(
    payload: Option<&[u8]>,
) -> TableIterator<
    'static,
    (
        name!(event_id, Option<Uuid>),
        name!(user_id, Option<String>),
        name!(event_type, Option<String>),
        name!(region, Option<String>),
        name!(ts, Option<TimestampWithTimeZone>),
        name!(song_id, Option<String>),
        name!(device, Option<String>),
        name!(reason, Option<String>),
        name!(detail, Option<String>),
    ),
> {
    TableIterator::once(
        match musicstream_event::json::decode(payload.unwrap_or_default()) {
            Ok(event) => (
                Some(Uuid::from_bytes(event.event_id)),
                Some(event.user_id.into_owned()),
                Some(event.event_type.into_owned()),
                Some(event.region.into_owned()),
                pg_time::from_unix_micros(event.ts),
                event.song_id.map(|text| text.into_owned()),
                event.device.map(|text| text.into_owned()),
                None,
                None,
            ),
            Err(rejection) => (
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                Some(rejection.reason.as_str().to_owned()),
                Some(rejection.detail.into_owned()),
            ),
        },
    )
}

#[pg_extern(sql = false)]
fn musicstream_retry_rejected(
    reason: Option<&str>,
    source: Option<&str>,
    max_rows: Option<i64>,
) -> TableIterator<
    'static,
    (
        name!(retried, i64),
        name!(inserted, i64),
        name!(duplicate, i64),
        name!(conflicting, i64),
        name!(rejected, i64),
    ),
> {
    let outcome = retry(reason, source, max_rows).unwrap_or_else(|error| error.raise());
    TableIterator::once((
        outcome.staged,
        outcome.inserted,
        outcome.duplicate,
        outcome.conflicting,
        outcome.rejected,
    ))
}

/// Which rejected events are retried.
struct Filter<'a> {
    /// `None`: any but `conflicting_duplicate`.
    reason: Option<&'a str>,
    /// The highest `rejected_id` before the first slice. Events that are rejected again get higher ids, and are not retried twice.
    newest: i64,
}

fn retry(
    reason: Option<&str>,
    source: Option<&str>,
    max_rows: Option<i64>,
) -> Result<Outcome, Error> {
    correction::begin("musicstream_retry_rejected()")?;
    let mut left = max_rows.unwrap_or(i64::MAX);
    if left < 0 {
        return Err(Error::NegativeRows(left));
    }
    let (sources, newest) = survey(reason, source, max_rows.is_some())?;
    let filter = Filter { reason, newest };
    let mut total = Outcome::default();
    for source in &sources {
        let mut after = i64::MIN;
        while left > 0 {
            // Each slice uses its own SPI connection, because closing the connection frees the rows that the slice returned.
            let slice = Spi::connect_mut(|client| {
                retry_slice(client, source, &filter, after, left.min(SLICE_ROWS))
            })?;
            let Some(last) = slice.last else { break };
            after = last;
            left -= slice.retried;
            total.add(slice.outcome);
        }
    }
    Ok(total)
}

/// The sources that have rejected events, and the highest `rejected_id`.
fn survey(
    reason: Option<&str>,
    source: Option<&str>,
    is_limited: bool,
) -> Result<(Vec<String>, i64), Error> {
    Spi::connect_mut(|client| {
        let row = client
            .update(
                include_str!("../sql/statement/survey_rejected.sql"),
                None,
                &[reason.into(), source.into(), is_limited.into()],
            )?
            .first();
        Ok((
            row.get::<Vec<String>>(1)?.unwrap_or_default(),
            row.get::<i64>(2)?.unwrap_or_default(),
        ))
    })
}

struct Slice {
    outcome: Outcome,
    /// Number of events that could be decoded and were retried.
    retried: i64,
    /// The highest `rejected_id` that was read; `None` if no row was left.
    last: Option<i64>,
}

fn retry_slice(
    client: &mut SpiClient<'_>,
    source: &str,
    filter: &Filter<'_>,
    after: i64,
    rows: i64,
) -> Result<Slice, Error> {
    // Not staging_batch: the session may have staged a batch of its own in the same transaction.
    client.update("select make_staging_table('staging_inbox')", None, &[])?;
    let taken = client
        .update(
            include_str!("../sql/statement/take_rejected.sql"),
            None,
            &[
                source.into(),
                filter.reason.into(),
                after.into(),
                filter.newest.into(),
                rows.into(),
            ],
        )?
        .first();
    let looked_at = taken.get::<i64>(1)?.unwrap_or_default();
    let last = taken.get::<i64>(2)?;
    let partitions = taken.get::<Vec<i32>>(3)?.unwrap_or_default();
    let positions = taken.get::<Vec<i64>>(4)?.unwrap_or_default();
    let received = taken
        .get::<Vec<TimestampWithTimeZone>>(5)?
        .unwrap_or_default();
    let staged = partitions.len() as i64;
    let mut outcome = Outcome::default();
    if staged > 0 {
        let batch = Batch {
            source,
            table: "staging_inbox",
            may_be_optimistic: false,
        };
        outcome.add(batch.store(client)?);
        client.update(
            include_str!("../sql/statement/keep_received_at.sql"),
            None,
            &[
                source.into(),
                filter.newest.into(),
                partitions.into(),
                positions.into(),
                received.into(),
            ],
        )?;
    }
    // The other rows cannot be decoded and stay in rejected_events.
    outcome.staged += looked_at - staged;
    outcome.rejected += looked_at - staged;
    Ok(Slice {
        outcome,
        retried: staged,
        last,
    })
}
