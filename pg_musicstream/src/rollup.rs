//! The rollup: folds pending deltas into the metrics and moves the watermark.

use std::time::Instant;

use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::correction;
use crate::error::Error;
use crate::settings;
use crate::upsert::Outcome;

/// Results of a rollup.
struct Report {
    inbox: Outcome,
    folded_deltas: i64,
    watermark: Option<TimestampWithTimeZone>,
}

#[pg_extern(sql = false)]
#[allow(clippy::type_complexity)] // pgrx reads the columns from the signature
fn musicstream_rollup() -> TableIterator<
    'static,
    (
        name!(staged, i64),
        name!(inserted, i64),
        name!(duplicate, i64),
        name!(conflicting, i64),
        name!(rejected, i64),
        name!(folded_deltas, i64),
        name!(watermark, Option<TimestampWithTimeZone>),
    ),
> {
    let report = roll_up().unwrap_or_else(|error| error.raise());
    TableIterator::once((
        report.inbox.staged,
        report.inbox.inserted,
        report.inbox.duplicate,
        report.inbox.conflicting,
        report.inbox.rejected,
        report.folded_deltas,
        report.watermark,
    ))
}

fn roll_up() -> Result<Report, Error> {
    let started = Instant::now();
    // Waits instead of giving up, so that the metrics contain everything that was committed before the call.
    correction::lock("musicstream_rollup()", "rollup_lock")?;
    Spi::connect_mut(|client| {
        let inbox = upsert_inbox(client)?;
        let folded_deltas = fold(client)?;
        client.update(include_str!("../sql/statement/premake.sql"), None, &[])?;
        let watermark = advance_watermark(client, folded_deltas, started)?;
        if folded_deltas > 0 {
            client.update("select pg_notify('musicstream', '')", None, &[])?;
        }
        Ok(Report {
            inbox,
            folded_deltas,
            watermark,
        })
    })
}

/// Calls the SQL function, so that the settings in its declaration apply.
fn upsert_inbox(client: &mut SpiClient<'_>) -> Result<Outcome, Error> {
    let row = client
        .update("select * from musicstream_upsert()", None, &[])?
        .first();
    let count = |column| -> Result<i64, Error> { Ok(row.get::<i64>(column)?.unwrap_or_default()) };
    Ok(Outcome {
        staged: count(1)?,
        inserted: count(2)?,
        duplicate: count(3)?,
        conflicting: count(4)?,
        rejected: count(5)?,
    })
}

/// Folds all pending rows. Returns the number of metric deltas.
fn fold(client: &mut SpiClient<'_>) -> Result<i64, Error> {
    let pending = client
        .update(include_str!("../sql/statement/pending.sql"), None, &[])?
        .first();
    let is_pending =
        |column| -> Result<bool, Error> { Ok(pending.get::<bool>(column)?.unwrap_or_default()) };
    let (deltas, listeners, rejects, touched_hours) = (
        is_pending(1)?,
        is_pending(2)?,
        is_pending(3)?,
        is_pending(4)?,
    );
    let mut folded_deltas = 0;
    if deltas {
        let folded = client
            .update(include_str!("../sql/statement/fold.sql"), None, &[])?
            .first();
        folded_deltas = folded.get::<i64>(1)?.unwrap_or_default();
        if let Some(emptied) = folded.get::<Vec<TimestampWithTimeZone>>(2)? {
            client.update(
                include_str!("../sql/statement/drop_emptied.sql"),
                None,
                &[emptied.into()],
            )?;
        }
    }
    if listeners {
        client.update(
            include_str!("../sql/statement/fold_listeners.sql"),
            None,
            &[],
        )?;
    }
    if rejects {
        client.update(
            include_str!("../sql/statement/sum_reject_counts.sql"),
            None,
            &[],
        )?;
    }
    if touched_hours {
        client.update(
            include_str!("../sql/statement/merge_touched_hours.sql"),
            None,
            &[],
        )?;
    }
    Ok(folded_deltas)
}

/// Runs last, because it records the duration of the rollup.
fn advance_watermark(
    client: &mut SpiClient<'_>,
    folded_deltas: i64,
    started: Instant,
) -> Result<Option<TimestampWithTimeZone>, Error> {
    let lateness_s = f64::from(settings::LATENESS.get());
    let took_ms = started.elapsed().as_secs_f64() * 1000.0;
    Ok(client
        .update(
            include_str!("../sql/statement/advance_watermark.sql"),
            None,
            &[lateness_s.into(), folded_deltas.into(), took_ms.into()],
        )?
        .first()
        .get_one::<TimestampWithTimeZone>()?)
}
