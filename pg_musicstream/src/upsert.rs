//! Staged rows become stored events: judged, each once, and counted.

mod insert;
mod order;
mod recent;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use pgrx::datum::{Date, TimestampWithTimeZone};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use self::order::{Place, Rows, Staged};
use crate::bounds::{self, DAY, SECOND, day_start, timestamp};
use crate::error::{Error, require_read_committed};
use crate::plausible::Plausible;
use crate::rows::for_each_row;
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
        }
        .store(client)
    })
}

/// By source partition: the newest time that is not ahead of the clock.
type Progress = BTreeMap<i32, i64>;

/// What a batch touches.
#[derive(Debug, Default)]
struct Survey {
    /// Rows that can be stored, as they lie.
    rows: Vec<Staged>,
    /// Rows that cannot.
    refused: i64,
    /// The starts of the days.
    days: BTreeSet<i64>,
    /// The storable rows whose events may be stored in the day beyond a midnight.
    near_midnight: Vec<Place>,
    progress: Progress,
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
        let mut survey = self.survey(client, &plausible)?;
        if survey.refused > 0 {
            self.refuse(client, &plausible)?;
        }
        let rejected = survey.refused;
        if survey.rows.is_empty() {
            let outcome = Outcome {
                staged: rejected,
                rejected,
                ..Outcome::default()
            };
            return Ok((outcome, Progress::new()));
        }
        let storable = survey.rows.len() as i64;
        make_partitions(client, &survey.days)?;
        let across_midnight = self.refuse_across_midnight(client, &mut survey)?;

        let rows = Rows::of(std::mem::take(&mut survey.rows));
        let insert::Inserted {
            inserted,
            conflicting,
        } = self.insert(client, &survey, rows)?;
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

    /// Moves the rows that cannot be stored out of the batch.
    fn refuse(&self, client: &mut SpiClient<'_>, plausible: &Plausible) -> Result<(), Error> {
        client.update(
            &*self.statement(include_str!("../sql/statement/refuse.sql")),
            None,
            &[
                self.source.into(),
                timestamp(plausible.oldest).into(),
                timestamp(plausible.newest).into(),
                timestamp(plausible.retained).into(),
            ],
        )?;
        Ok(())
    }

    fn survey(&self, client: &mut SpiClient<'_>, plausible: &Plausible) -> Result<Survey, Error> {
        let mut survey = Survey::default();
        let mut last_day = None;
        let window = i64::from(settings::DEDUP_WINDOW.get()) * SECOND;
        let statement = self.statement(include_str!("../sql/statement/survey.sql"));
        for_each_row(client, &statement, |row| {
            let (partition, ts) = (row.int(1), row.timestamp(2));
            if !row.bool(4) || !plausible.span().contains(&ts) {
                survey.refused += 1;
                return;
            }
            survey.rows.push(Staged {
                id: row.uuid(3),
                partition,
                position: row.long(6),
                place: place(row.tid(5)),
            });
            let day = day_start(ts);
            if last_day.replace(day) != Some(day) {
                survey.days.insert(day);
            }
            if ts < day + window || ts >= day + DAY - window {
                survey.near_midnight.push(place(row.tid(5)));
            }
            if ts <= plausible.now {
                let newest = survey.progress.entry(partition).or_insert(ts);
                *newest = ts.max(*newest);
            }
        })?;
        Ok(survey)
    }

    /// Looks the events near midnight up in the day beyond it.
    fn refuse_across_midnight(
        &self,
        client: &mut SpiClient<'_>,
        survey: &mut Survey,
    ) -> Result<i64, Error> {
        let (Some(&first), Some(&last)) = (survey.days.first(), survey.days.last()) else {
            return Ok(0);
        };
        if survey.near_midnight.is_empty() {
            return Ok(0);
        }
        let refused: HashSet<Place> = client
            .update(
                &*self.statement(include_str!("../sql/statement/refuse_across_midnight.sql")),
                None,
                &[
                    self.source.into(),
                    f64::from(settings::DEDUP_WINDOW.get()).into(),
                    timestamp(first - DAY).into(),
                    timestamp(last + 2 * DAY).into(),
                    tids(std::mem::take(&mut survey.near_midnight)).into(),
                ],
            )?
            .first()
            .get_one::<Vec<pg_sys::ItemPointerData>>()?
            .into_iter()
            .flatten()
            .map(place)
            .collect();
        survey.rows.retain(|row| !refused.contains(&row.place));
        Ok(refused.len() as i64)
    }

    /// Looks rows up, and keeps those whose event_id is stored with other fields: the first arrival wins. `all_are_known`:
    /// one that is not found on its day was stored with a time on another.
    fn compare(
        &self,
        client: &mut SpiClient<'_>,
        survey: &Survey,
        rows: Vec<Place>,
        all_are_known: bool,
    ) -> Result<LookedUp, Error> {
        let (Some(&first), Some(&last)) = (survey.days.first(), survey.days.last()) else {
            return Ok(LookedUp::default());
        };
        if rows.is_empty() {
            return Ok(LookedUp::default());
        }
        let (known, conflicting) = client
            .update(
                &*self.statement(include_str!("../sql/statement/compare.sql")),
                None,
                &[
                    self.source.into(),
                    tids(rows).into(),
                    timestamp(first).into(),
                    timestamp(last + DAY).into(),
                    all_are_known.into(),
                ],
            )?
            .first()
            .get_two::<Vec<pg_sys::ItemPointerData>, i64>()?;
        Ok(LookedUp {
            known: known.into_iter().flatten().map(place).collect(),
            conflicting: conflicting.unwrap_or_default(),
        })
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

/// Makes the partitions of these days, given by their starts, where they are missing.
fn make_partitions(client: &mut SpiClient<'_>, days: &BTreeSet<i64>) -> Result<(), Error> {
    let days: Vec<Date> = days
        .iter()
        .map(|&day| Date::saturating_from_raw(day.div_euclid(DAY) as pg_sys::DateADT))
        .collect();
    client.update(
        "select musicstream_make_partitions($1)",
        None,
        &[days.into()],
    )?;
    Ok(())
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
