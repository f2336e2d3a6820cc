//! Staged rows become stored events: judged, each once, and counted.

mod insert;

use std::collections::HashSet;
use std::collections::btree_map::{BTreeMap, Entry};

use pgrx::datum::{Date, TimestampWithTimeZone, Uuid};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::bounds::{self, DAY, SECOND, timestamp};
use crate::error::{Error, require_read_committed};
use crate::plausible::Plausible;
use crate::returned::Rows;
use crate::settings;
use crate::version::require_own_objects;

/// The source name of what comes through the inbox.
const INBOX: &str = "staging_events";

/// Heap pages of the inbox that are taken at a time: about a hundred thousand rows.
const INBOX_SLICE_PAGES: i64 = 1500;

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

#[pg_extern(sql = false)]
fn musicstream_upsert_inbox() -> TableIterator<
    'static,
    (
        name!(staged, i64),
        name!(inserted, i64),
        name!(duplicate, i64),
        name!(conflicting, i64),
        name!(rejected, i64),
    ),
> {
    one_row(upsert_inbox())
}

fn one_row(outcome: Result<Outcome, Error>) -> TableIterator<'static, (i64, i64, i64, i64, i64)> {
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

/// Stores what is in `staging_events`, slice by slice, so that the memory used does not follow the size of the inbox.
fn upsert_inbox() -> Result<Outcome, Error> {
    require_read_committed("musicstream_upsert()")?;
    let pages = Spi::connect_mut(|client| -> Result<_, Error> {
        require_own_objects(client)?;
        Ok(client
            .update(
                "select pg_relation_size('staging_events') / current_setting('block_size')::bigint",
                None,
                &[],
            )?
            .first()
            .get_one::<i64>()?)
    })?
    .unwrap_or_default();

    let mut total = Outcome::default();
    for first in (0..pages).step_by(INBOX_SLICE_PAGES as usize) {
        // Each slice has its own SPI connection: closing it frees the rows that the slice returned.
        total.add(Spi::connect_mut(|client| take_slice(client, first))?);
    }
    Ok(total)
}

fn take_slice(client: &mut SpiClient<'_>, first: i64) -> Result<Outcome, Error> {
    let found = client
        .update(
            "select 1 from staging_events where ctid >= $1::text::tid and ctid < $2::text::tid limit 1",
            None,
            &[page(first).into(), page(first + INBOX_SLICE_PAGES).into()],
        )?
        .len();
    if found == 0 {
        return Ok(Outcome::default());
    }
    client.update("select musicstream_stage_inbox()", None, &[])?;
    client.update(
        include_str!("../sql/statement/take_inbox.sql"),
        None,
        &[page(first).into(), page(first + INBOX_SLICE_PAGES).into()],
    )?;
    Batch {
        source: INBOX,
        table: "staging_inbox",
    }
    .store(client)
}

/// The physical position where a heap page starts.
fn page(number: i64) -> String {
    // Beyond the last page number that a tuple id can hold there is nothing.
    format!("({},0)", number.min(i64::from(u32::MAX) - 1))
}

/// A day of the batch: how near its events come to midnight on either side.
#[derive(Debug, Clone, Copy)]
struct DaySpan {
    first_ts: i64,
    last_ts: i64,
}

/// What a batch touches.
#[derive(Debug, Default)]
struct Survey {
    /// Rows that can be stored.
    rows: i64,
    /// Rows that cannot.
    refused: i64,
    /// By the start of the day.
    days: BTreeMap<i64, DaySpan>,
    /// By source partition: the newest time that is not ahead of the clock.
    progress: BTreeMap<i32, i64>,
}

/// The staged rows of one source in one temporary table.
pub(crate) struct Batch<'a> {
    pub(crate) source: &'a str,
    pub(crate) table: &'static str,
}

impl Batch<'_> {
    pub(crate) fn store(&self, client: &mut SpiClient<'_>) -> Result<Outcome, Error> {
        let plausible = Plausible::unless_frozen(client, bounds::now())?;
        let survey = self.survey(client, &plausible)?;
        if survey.refused > 0 {
            self.refuse(client, &plausible)?;
        }
        let rejected = survey.refused;
        if survey.rows == 0 {
            return Ok(Outcome {
                staged: rejected,
                rejected,
                ..Outcome::default()
            });
        }
        make_partitions(client, survey.days.keys())?;
        let across_midnight = self.refuse_across_midnight(client, &survey)?;

        let insert::Inserted { inserted, new_ids } =
            self.insert(client, survey.rows - across_midnight)?;
        let conflicting = across_midnight
            + match new_ids {
                Some(new_ids) => self.refuse_conflicts(client, &survey, new_ids)?,
                None => 0,
            };

        self.record_progress(client, &survey)?;
        Ok(Outcome {
            staged: rejected + survey.rows,
            inserted,
            duplicate: survey.rows - inserted - conflicting,
            conflicting,
            rejected,
        })
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
        let groups = client.update(
            &*self.statement(include_str!("../sql/statement/survey.sql")),
            None,
            &[
                timestamp(plausible.now).into(),
                timestamp(plausible.oldest).into(),
                timestamp(plausible.newest).into(),
            ],
        )?;
        for group in groups {
            let time = |column| -> Result<Option<i64>, Error> {
                Ok(group
                    .get::<TimestampWithTimeZone>(column)?
                    .map(TimestampWithTimeZone::into_inner))
            };
            let rows = group.get::<i64>(3)?.unwrap_or_default();
            let (Some(partition), Some(day), Some(first_ts), Some(last_ts)) =
                (group.get::<i32>(1)?, time(2)?, time(4)?, time(5)?)
            else {
                survey.refused += rows;
                continue;
            };
            survey.rows += rows;
            match survey.days.entry(day) {
                Entry::Vacant(span) => {
                    span.insert(DaySpan { first_ts, last_ts });
                }
                Entry::Occupied(mut span) => {
                    let span = span.get_mut();
                    span.first_ts = span.first_ts.min(first_ts);
                    span.last_ts = span.last_ts.max(last_ts);
                }
            }
            if let Some(newest) = time(6)? {
                let progress = survey.progress.entry(partition).or_insert(newest);
                *progress = newest.max(*progress);
            }
        }
        Ok(survey)
    }

    /// Looks the events near midnight up in the day beyond it.
    fn refuse_across_midnight(
        &self,
        client: &mut SpiClient<'_>,
        survey: &Survey,
    ) -> Result<i64, Error> {
        let window_s = settings::DEDUP_WINDOW.get();
        let window = i64::from(window_s) * SECOND;
        let mut near_midnight = survey.days.iter().filter(|(day, span)| {
            span.first_ts < *day + window || span.last_ts >= *day + DAY - window
        });
        let Some((&first, _)) = near_midnight.next() else {
            return Ok(0);
        };
        let last = near_midnight.next_back().map_or(first, |(&day, _)| day);
        let refused = client
            .update(
                &*self.statement(include_str!("../sql/statement/refuse_across_midnight.sql")),
                None,
                &[
                    self.source.into(),
                    f64::from(window_s).into(),
                    timestamp(first - DAY).into(),
                    timestamp(last + 2 * DAY).into(),
                ],
            )?
            .first()
            .get_one::<i64>()?;
        Ok(refused.unwrap_or_default())
    }

    /// Keeps those rows whose event_id is stored with other fields: the first arrival wins.
    fn refuse_conflicts(
        &self,
        client: &mut SpiClient<'_>,
        survey: &Survey,
        mut new_ids: HashSet<[u8; 16]>,
    ) -> Result<i64, Error> {
        let result = client.update(
            &*self.statement(include_str!("../sql/statement/staged_ids.sql")),
            None,
            &[],
        )?;
        // The first row with a new id is the one that was inserted; a second one is a duplicate within the batch.
        let known: Vec<Uuid> = Rows::of(client, &result)
            .iter()
            .map(|row| row.uuid(1))
            .filter(|id| !new_ids.remove(id))
            .map(Uuid::from_bytes)
            .collect();
        let (Some((&first, _)), Some((&last, _))) =
            (survey.days.first_key_value(), survey.days.last_key_value())
        else {
            return Ok(0);
        };
        let refused = client
            .update(
                &*self.statement(include_str!("../sql/statement/refuse_conflicts.sql")),
                None,
                &[
                    self.source.into(),
                    known.into(),
                    timestamp(first).into(),
                    timestamp(last + DAY).into(),
                ],
            )?
            .first()
            .get_one::<i64>()?;
        Ok(refused.unwrap_or_default())
    }

    fn record_progress(&self, client: &mut SpiClient<'_>, survey: &Survey) -> Result<(), Error> {
        let (partitions, times): (Vec<i32>, Vec<TimestampWithTimeZone>) = survey
            .progress
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
fn make_partitions<'a>(
    client: &mut SpiClient<'_>,
    days: impl Iterator<Item = &'a i64>,
) -> Result<(), Error> {
    let days: Vec<Date> = days
        .map(|&day| Date::saturating_from_raw(day.div_euclid(DAY) as pg_sys::DateADT))
        .collect();
    client.update(
        "select musicstream_make_partitions($1)",
        None,
        &[days.into()],
    )?;
    Ok(())
}
