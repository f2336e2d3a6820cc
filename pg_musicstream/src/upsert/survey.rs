//! One scan over a staged batch: which rows can be stored, and why the others cannot.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashSet;
use musicstream_event::row::TypedRow;
use musicstream_event::{Reason, Rejection};
use pgrx::datum::{Date, ToIsoString};
use pgrx::pg_sys;
use pgrx::spi::SpiClient;

use super::compare::ByDay;
use super::events::{Events, Fields, Origin, Place};
use super::{Batch, place, tids};
use crate::bounds::{day, to_unix_micros};
use crate::error::Error;
use crate::plausible::Plausible;
use crate::rows::{Row, for_each_row};
use crate::settings;
use crate::time::{DAY, SECOND, day_start};

/// By source partition: the newest time that is not ahead of the clock.
pub(crate) type Progress = BTreeMap<i32, i64>;

/// What a batch touches.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// What can be stored, as it lies.
    pub(super) events: Events,
    /// Rows that cannot.
    pub(super) refused: Refused,
    /// The starts of the days.
    pub(super) days: BTreeSet<i64>,
    /// The events that may be stored in the day beyond a midnight, by the start of that day.
    pub(super) beyond_midnight: ByDay,
    pub(super) progress: Progress,
}

/// Rows that cannot be stored, and why; no reason: the writer gave its own.
#[derive(Debug, Default)]
pub(super) struct Refused {
    places: Vec<Place>,
    reasons: Vec<Option<&'static str>>,
    details: Vec<Option<Cow<'static, str>>>,
}

impl Refused {
    pub(super) fn count(&self) -> i64 {
        self.places.len() as i64
    }

    pub(super) fn push(&mut self, place: Place, judgement: Option<Rejection>) {
        let (reason, detail) = judgement
            .map(|rejection| (rejection.reason.as_str(), rejection.detail))
            .unzip();
        self.places.push(place);
        self.reasons.push(reason);
        self.details.push(detail);
    }
}

/// What the state of the database says of events.
pub(super) struct Rules {
    plausible: Plausible,
    event_types: HashSet<Vec<u8>>,
    /// By their starts, the days whose events cannot be stored.
    blocked: BTreeMap<i64, Rejection>,
}

impl Rules {
    /// Those of this moment.
    pub(super) fn read(client: &mut SpiClient<'_>, plausible: Plausible) -> Result<Rules, Error> {
        let mut event_types = HashSet::default();
        for row in client.update("select event_type from event_types", None, &[])? {
            event_types.extend(row.get::<String>(1)?.map(String::into_bytes));
        }
        Ok(Rules {
            plausible,
            event_types,
            blocked: BTreeMap::new(),
        })
    }

    /// Makes the partitions that these days lack, given by their starts. Returns whether there are days that have none all
    /// the same, whose events are refused from now on.
    pub(super) fn require_partitions(
        &mut self,
        client: &mut SpiClient<'_>,
        days: &BTreeSet<i64>,
    ) -> Result<bool, Error> {
        let dates: Vec<Date> = days.iter().map(|start| day(*start)).collect();
        let lacking = client
            .update(
                "select musicstream_days_without_partition($1)",
                None,
                &[dates.into()],
            )?
            .first()
            .get_one::<Vec<Date>>()?
            .unwrap_or_default();
        if lacking.is_empty() {
            return Ok(false);
        }
        let provided = client.update(
            "select day, reason = 'too_many_new_days', detail from musicstream_provide_partitions($1, true, false) where reason is not null",
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

    /// Judges a row and shows the fields of its event.
    fn judge(&self, row: &Row<'_>, storable: impl FnOnce(&Fields<'_>)) -> Result<(), Rejection> {
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
        .judge()?;
        let ts = ts.unwrap_or_default();
        self.plausible.judge(ts)?;
        let event_type = event_type.unwrap_or_default();
        if !self.event_types.contains(&*event_type) {
            return Err(Rejection::new(
                Reason::UnknownEventType,
                "event_type is not in the table event_types",
            ));
        }
        if let Some(rejection) = self.blocked.get(&day_start(ts)) {
            return Err(rejection.clone());
        }
        storable(&Fields {
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
            let judged = rules.judge(&row, |fields| {
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
            if let Err(rejection) = judged {
                survey.refused.push(place, Some(rejection));
            }
        })?;
        Ok(survey)
    }

    /// Moves the rows that cannot be stored out of the batch. Returns how many they are.
    pub(super) fn refuse(
        &self,
        client: &mut SpiClient<'_>,
        refused: Refused,
    ) -> Result<i64, Error> {
        let count = refused.count();
        if count > 0 {
            let details: Vec<Option<&str>> = refused.details.iter().map(Option::as_deref).collect();
            let places: Vec<pg_sys::ItemPointerData> = tids(refused.places);
            client.update(
                &*self.statement(include_str!("../../sql/statement/refuse.sql")),
                None,
                &[
                    self.source.into(),
                    places.into(),
                    refused.reasons.into(),
                    details.into(),
                ],
            )?;
        }
        Ok(count)
    }
}
