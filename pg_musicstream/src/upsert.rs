//! Staged rows become stored events: judged, each once, and counted.

mod insert;
mod order;
mod recent;
mod runs;
mod survey;

use std::collections::HashSet;

use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use self::order::{Place, Rows, Staged};
use self::runs::by_run;
use self::survey::{Progress, Rules, Survey};
use crate::bounds::{self, timestamp};
use crate::error::{Error, require_read_committed};
use crate::plausible::Plausible;
use crate::settings;
use crate::version::require_own_objects;

/// The source name of what comes through the inbox.
pub(crate) const INBOX: &str = "staging_events";

/// What became of the rows of a batch: `staged` is the sum of the others.
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
fn musicstream_upsert(
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

/// The result of a function that stores events; raises its error.
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

/// Stores what this session put into `pg_temp.staging_batch`.
fn upsert_batch(source: &str) -> Result<Outcome, Error> {
    require_read_committed("musicstream_upsert()")?;
    if source == INBOX {
        return Err(Error::ReservedSource(source.to_owned()));
    }
    Spi::connect_mut(|client| {
        require_own_objects(client)?;
        client.update(
            "select musicstream_require_staging('staging_batch')",
            None,
            &[],
        )?;
        Batch {
            source,
            table: "staging_batch",
            may_bet: true,
        }
        .store(client)
    })
}

/// What looking rows up in `raw_events` came to.
#[derive(Debug, Default)]
struct LookedUp {
    /// Those whose event_id is stored.
    known: Vec<Place>,
    /// How many of them differ from what is stored; they are rejects now.
    conflicting: i64,
}

/// The staged rows of one source in one temporary table.
pub(crate) struct Batch<'a> {
    pub(crate) source: &'a str,
    pub(crate) table: &'static str,
    /// Whether the session's luck with batches like this one says something about the next: see [`crate::optimism`]. Only
    /// a writer that stays connected has such a history. The inbox is mostly taken by a session that ends afterwards, and each
    /// lost bet leaves a dead row for every row of the batch.
    pub(crate) may_bet: bool,
}

impl Batch<'_> {
    pub(crate) fn store(&self, client: &mut SpiClient<'_>) -> Result<Outcome, Error> {
        let (outcome, progress) = self.store_events(client)?;
        self.record_progress(client, &progress)?;
        Ok(outcome)
    }

    /// All of [`Batch::store`] but [`Batch::record_progress`].
    pub(crate) fn store_events(
        &self,
        client: &mut SpiClient<'_>,
    ) -> Result<(Outcome, Progress), Error> {
        let plausible = Plausible::unless_frozen(client, bounds::now())?;
        let mut rules = Rules::read(client, plausible)?;
        let mut survey = self.survey(client, &rules)?;
        if rules.require_partitions(client, &survey.days)? {
            survey = self.survey(client, &rules)?;
        }
        let rejected = self.refuse(client, std::mem::take(&mut survey.refused))?;
        if survey.rows.is_empty() {
            let outcome = Outcome {
                staged: rejected,
                rejected,
                ..Outcome::default()
            };
            return Ok((outcome, Progress::new()));
        }
        let storable = survey.rows.len() as i64;
        let across_midnight = self.refuse_across_midnight(client, &mut survey)?;

        let rows = Rows::of(std::mem::take(&mut survey.rows));
        let insert::Inserted {
            inserted,
            conflicting,
        } = self.insert(client, rows)?;
        let conflicting = across_midnight + conflicting;

        let outcome = Outcome {
            staged: rejected + storable,
            inserted,
            duplicate: storable - inserted - conflicting,
            conflicting,
            rejected,
        };
        Ok((outcome, survey.progress))
    }

    /// A statement of `sql/statement`, on the table of this batch.
    fn statement(&self, text: &str) -> String {
        text.replace("staging_batch", self.table)
    }

    /// Looks the events near midnight up in the day beyond it.
    fn refuse_across_midnight(
        &self,
        client: &mut SpiClient<'_>,
        survey: &mut Survey,
    ) -> Result<i64, Error> {
        if survey.near_midnight.is_empty() {
            return Ok(0);
        }
        let statement = self.statement(include_str!("../sql/statement/refuse_across_midnight.sql"));
        let mut refused = HashSet::new();
        for (days, rows) in by_run(std::mem::take(&mut survey.near_midnight)) {
            let places = client
                .update(
                    &*statement,
                    None,
                    &[
                        self.source.into(),
                        f64::from(settings::DEDUP_WINDOW.get()).into(),
                        timestamp(days.start).into(),
                        timestamp(days.end).into(),
                        tids(rows).into(),
                    ],
                )?
                .first()
                .get_one::<Vec<pg_sys::ItemPointerData>>()?;
            refused.extend(places.into_iter().flatten().map(place));
        }
        survey.rows.retain(|row| !refused.contains(&row.place));
        Ok(refused.len() as i64)
    }

    /// Looks rows up, and keeps those whose event_id is stored with other fields: the first arrival wins. `all_are_known`:
    /// one that is not found on its day was stored with a time on another.
    fn compare<'row>(
        &self,
        client: &mut SpiClient<'_>,
        rows: impl IntoIterator<Item = &'row Staged>,
        all_are_known: bool,
    ) -> Result<LookedUp, Error> {
        let statement = self.statement(include_str!("../sql/statement/compare.sql"));
        let mut looked_up = LookedUp::default();
        for (days, rows) in by_run(rows.into_iter().map(|row| (row.day, row.place)).collect()) {
            let (known, conflicting) = client
                .update(
                    &*statement,
                    None,
                    &[
                        self.source.into(),
                        tids(rows).into(),
                        timestamp(days.start).into(),
                        timestamp(days.end).into(),
                        all_are_known.into(),
                    ],
                )?
                .first()
                .get_two::<Vec<pg_sys::ItemPointerData>, i64>()?;
            looked_up
                .known
                .extend(known.into_iter().flatten().map(place));
            looked_up.conflicting += conflicting.unwrap_or_default();
        }
        Ok(looked_up)
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
