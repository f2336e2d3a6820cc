//! Stores a staged batch: checks the rows, inserts the events that are not stored yet, counts them, and rejects the rest.

mod compare;
mod effect;
mod encode;
mod events;
mod insert;
mod recent;
mod refused;
mod survey;
mod target;

use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use self::compare::refuse_across_midnight;
use self::events::Place;
use self::refused::Refused;
use self::survey::{Progress, Rules};
use self::target::Target;
use crate::error::{Error, require_read_committed};
use crate::pg_time::{self, timestamp};
use crate::plausible::Plausible;
use crate::version::require_own_objects;

/// The source of events from the inbox.
pub(crate) const INBOX: &str = "staging_events";

/// Number of rows of a batch by outcome. `staged` is the sum of the others.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) staged: i64,
    pub(crate) inserted: i64,
    pub(crate) duplicate: i64,
    pub(crate) conflicting: i64,
    pub(crate) rejected: i64,
}

impl Outcome {
    pub(crate) fn add(&mut self, other: Outcome) {
        self.staged += other.staged;
        self.inserted += other.inserted;
        self.duplicate += other.duplicate;
        self.conflicting += other.conflicting;
        self.rejected += other.rejected;
    }
}

#[pg_extern(sql = false)]
fn musicstream_upsert_batch(
    source: &str,
) -> TableIterator<
    'static,
    (
        name!(staged, i64),
        name!(inserted, i64),
        name!(duplicate, i64),
        name!(conflicting, i64),
        name!(rejected, i64),
    ),
> {
    one_row(upsert_batch(source))
}

/// The result row of an upsert function; raises the error if there is one.
pub(crate) fn one_row(
    outcome: Result<Outcome, Error>,
) -> TableIterator<'static, (i64, i64, i64, i64, i64)> {
    let outcome = outcome.unwrap_or_else(|error| error.raise());
    TableIterator::once((
        outcome.staged,
        outcome.inserted,
        outcome.duplicate,
        outcome.conflicting,
        outcome.rejected,
    ))
}

/// Stores the rows that this session staged in `pg_temp.staging_batch`.
fn upsert_batch(source: &str) -> Result<Outcome, Error> {
    require_read_committed("musicstream_upsert_batch()")?;
    if source == INBOX {
        return Err(Error::ReservedSource(source.to_owned()));
    }
    Spi::connect_mut(|client| {
        require_own_objects(client)?;
        client.update("select require_staging('staging_batch')", None, &[])?;
        Batch {
            source,
            table: "staging_batch",
            may_be_optimistic: true,
        }
        .store(client)
    })
}

/// Staged rows of one source in a temporary table.
pub(crate) struct Batch<'a> {
    pub(crate) source: &'a str,
    pub(crate) table: &'static str,
    /// Whether the batch may be inserted optimistically, see [`crate::optimism`]. True only for writers that stay connected and so have
    /// a history. The inbox is usually stored by a session that ends afterwards, and each failed attempt leaves a dead row for every
    /// row of the batch.
    pub(crate) may_be_optimistic: bool,
}

impl Batch<'_> {
    pub(crate) fn store(&self, client: &mut SpiClient<'_>) -> Result<Outcome, Error> {
        let (outcome, progress) = self.store_events(client)?;
        self.record_progress(client, &progress)?;
        Ok(outcome)
    }

    /// Like [`Batch::store`], but without [`Batch::record_progress`].
    pub(crate) fn store_events(
        &self,
        client: &mut SpiClient<'_>,
    ) -> Result<(Outcome, Progress), Error> {
        let plausible = Plausible::unless_frozen(client, pg_time::now())?;
        let mut rules = Rules::read(client, plausible)?;
        let mut survey = self.survey(client, &rules)?;
        if rules.require_partitions(client, &survey.days)? {
            survey = self.survey(client, &rules)?;
        }
        let rejected = self.refuse(client, survey.refused)?;
        let events = &survey.events;
        let storable = events.len() as i64;
        let mut conflicts = Refused::default();
        let across_midnight =
            refuse_across_midnight(client, events, &survey.beyond_midnight, &mut conflicts)?;
        let ordered = events.ordered(|index| across_midnight.contains(&index));
        let target = Target::look_up(client)?;
        let inserted = self.insert(client, &target, events, &ordered, &mut conflicts)?;
        effect::append(client, events, &inserted, target.final_before)?;
        let conflicting = self.refuse(client, conflicts)?;
        let inserted = inserted.len() as i64;
        let outcome = Outcome {
            staged: rejected + storable,
            inserted,
            duplicate: storable - inserted - conflicting,
            conflicting,
            rejected,
        };
        Ok((outcome, survey.progress))
    }

    /// A statement of `sql/statement`, applied to the table of this batch.
    fn statement(&self, text: &str) -> String {
        text.replace("staging_batch", self.table)
    }

    pub(crate) fn record_progress(
        &self,
        client: &mut SpiClient<'_>,
        progress: &Progress,
    ) -> Result<(), Error> {
        if progress.is_empty() {
            return Ok(());
        }
        let (partitions, times): (Vec<i32>, Vec<TimestampWithTimeZone>) = progress
            .iter()
            .map(|(&partition, &newest)| (partition, timestamp(newest)))
            .unzip();
        client.update(
            include_str!("../sql/statement/record_progress.sql"),
            None,
            &[self.source.into(), partitions.into(), times.into()],
        )?;
        Ok(())
    }
}

fn tids(places: Vec<Place>) -> Vec<pg_sys::ItemPointerData> {
    places
        .into_iter()
        .map(|place| {
            let mut tid = pg_sys::ItemPointerData::default();
            pgrx::itemptr::item_pointer_set_all(&mut tid, place.block, place.offset);
            tid
        })
        .collect()
}

fn place(tid: pg_sys::ItemPointerData) -> Place {
    let (block, offset) = pgrx::itemptr::item_pointer_get_both(tid);
    Place { block, offset }
}
