//! Checks all rows of a staged batch in one scan: which are valid events, and why the others are not.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashSet;
use musicstream_event::row::TypedRow;
use musicstream_event::{Reason, Rejection};
use pgrx::datum::{Date, ToIsoString};
use pgrx::spi::SpiClient;

use super::compare::ByDay;
use super::events::{Events, Fields, Origin};
use super::refused::Refused;
use super::{Batch, place};
use crate::error::Error;
use crate::pg_time::{day_of, to_unix_micros};
use crate::plausible::Plausible;
use crate::rows::{Row, for_each_row};
use crate::settings;
use crate::time::{DAY, SECOND, day_start};

/// The newest event time of each source partition, not counting times ahead of the server's clock.
pub(crate) type Progress = BTreeMap<i32, i64>;

/// Result of the scan.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The valid events.
    pub(super) events: Events,
    /// The other rows.
    pub(super) refused: Refused,
    /// The starts of the days of the events.
    pub(super) days: BTreeSet<i64>,
    /// Events within `musicstream.dedup_window` of midnight, by the start of the adjacent day, where they may be stored, too.
    pub(super) beyond_midnight: ByDay,
    pub(super) progress: Progress,
}

/// The rules for events that depend on the state of the database.
pub(super) struct Rules {
    plausible: Plausible,
    event_types: HashSet<Vec<u8>>,
    /// Rejections for days that have no partition, by the start of the day.
    blocked: BTreeMap<i64, Rejection>,
}

impl Rules {
    /// Reads the present rules.
    pub(super) fn read(client: &mut SpiClient<'_>, plausible: Plausible) -> Result<Rules, Error> {
        let mut event_types = HashSet::default();
        for row in client.update("select event_type from accepted_event_types", None, &[])? {
            event_types.extend(row.get::<String>(1)?.map(String::into_bytes));
        }
        Ok(Rules {
            plausible,
            event_types,
            blocked: BTreeMap::new(),
        })
    }

    /// Creates the missing partitions of these days, given by their starts. Returns whether some days still have none; their events
    /// are rejected from now on.
    pub(super) fn require_partitions(
        &mut self,
        client: &mut SpiClient<'_>,
        days: &BTreeSet<i64>,
    ) -> Result<bool, Error> {
        let dates: Vec<Date> = days.iter().map(|start| day_of(*start)).collect();
        let lacking = client
            .update("select days_without_partition($1)", None, &[dates.into()])?
            .first()
            .get_one::<Vec<Date>>()?
            .unwrap_or_default();
        if lacking.is_empty() {
            return Ok(false);
        }
        let provided = client.update(
            "select day, reason = 'too_many_new_days', detail from make_missing_partitions($1, true, false) where reason is not null",
            None,
            &[lacking.into()],
        )?;
        for row in provided {
            if let Some(date) = row.get::<Date>(1)? {
                let reason = if row.get::<bool>(2)?.unwrap_or_default() {
                    Reason::TooManyNewDays
                } else {
                    Reason::NoPartition
                };
                let why = row.get::<String>(3)?.unwrap_or_default();
                let detail = format!("{} has no partition: {why}", date.to_iso_string());
                self.blocked.insert(
                    i64::from(date.to_pg_epoch_days()) * DAY,
                    Rejection::new(reason, detail),
                );
            }
        }
        Ok(!self.blocked.is_empty())
    }

    /// Checks a row and passes the fields of a valid event to `valid`.
    fn check(&self, row: &Row<'_>, valid: impl FnOnce(&Fields<'_>)) -> Result<(), Rejection> {
        let ts = row.optional_long(7);
        let (user_id, event_type, region) = (row.bytes(4), row.bytes(5), row.bytes(6));
        let (song_id, device) = (row.bytes(8), row.bytes(9));
        TypedRow {
            has_event_id: !row.is_null(3),
            user_id: user_id.as_deref(),
            event_type: event_type.as_deref(),
            region: region.as_deref(),
            ts: ts.map(to_unix_micros),
            song_id: song_id.as_deref(),
            device: device.as_deref(),
        }
        .validate()?;
        let ts = ts.unwrap_or_default();
        self.plausible.check(ts)?;
        let event_type = event_type.unwrap_or_default();
        if !self.event_types.contains(&*event_type) {
            return Err(Rejection::new(
                Reason::UnknownEventType,
                "event_type is none of accepted_event_types",
            ));
        }
        if let Some(rejection) = self.blocked.get(&day_start(ts)) {
            return Err(rejection.clone());
        }
        valid(&Fields {
            id: row.uuid(3),
            ts,
            user_id: &user_id.unwrap_or_default(),
            event_type: &event_type,
            region: &region.unwrap_or_default(),
            song_id: &song_id.unwrap_or_default(),
            device: &device.unwrap_or_default(),
        });
        Ok(())
    }
}

impl Batch<'_> {
    pub(super) fn survey(
        &self,
        client: &mut SpiClient<'_>,
        rules: &Rules,
    ) -> Result<Survey, Error> {
        let mut survey = Survey::default();
        let mut last_day = None;
        let window = i64::from(settings::DEDUP_WINDOW.get()) * SECOND;
        let statement = self.statement(include_str!("../../sql/statement/survey.sql"));
        for_each_row(client, &statement, &[], |row| {
            let place = place(row.tid(1));
            if row.bool(2) {
                survey.refused.push(place, None);
                return;
            }
            let partition = row.optional_int(10).unwrap_or_default();
            let origin = Origin {
                partition,
                position: row.optional_long(11).unwrap_or(i64::MAX),
                place,
            };
            let checked = rules.check(&row, |fields| {
                let (ts, index) = (fields.ts, survey.events.len());
                survey.events.push(fields, origin);
                let start = day_start(ts);
                if last_day.replace(start) != Some(start) {
                    survey.days.insert(start);
                }
                let mut look_up_on = |day| {
                    let indices = survey.beyond_midnight.entry(day).or_default();
                    indices.push(index);
                };
                if ts < start + window {
                    look_up_on(start - DAY);
                }
                if ts >= start + DAY - window {
                    look_up_on(start + DAY);
                }
                if ts <= rules.plausible.now {
                    let newest = survey.progress.entry(partition).or_insert(ts);
                    *newest = ts.max(*newest);
                }
            });
            if let Err(rejection) = checked {
                survey.refused.push(place, Some(rejection));
            }
        })?;
        Ok(survey)
    }
}
