//! What is read beside the daily numbers of UTC days, and only while it is shown.

use super::{
    postgres::{Session, micros, rows},
    problem::Problem,
};
use crate::model::{
    data::{Dataset, Row},
    day::Day,
    grain::{MINUTE_US, UTC, Zone},
    span::Span,
    wish::{Abilities, Ask, Distinct, Extras, Wish},
};
use chrono::{DateTime, NaiveDate, Utc};
use std::sync::Arc;

const ABILITIES: &str = include_str!("../../sql/abilities.sql");
const DISTINCT: &str = include_str!("../../sql/distinct.sql");
const LISTENERS: &str = include_str!("../../sql/listeners.sql");
const MINUTES: &str = include_str!("../../sql/minutes.sql");
const ROWS_AT: &str = include_str!("../../sql/rows_at.sql");
const ZONE: &str = include_str!("../../sql/zone.sql");
const ZONE_NAMES: &str = include_str!("../../sql/zone_names.sql");

type Read<T> = Result<T, postgres::Error>;

impl Session {
    /// What there is to be read.
    pub(super) fn abilities(&mut self) -> Result<Abilities, Problem> {
        self.try_to(|session| {
            let row = session.client.query_one(ABILITIES, &[])?;
            Ok(Abilities {
                minutes: row.try_get("minutes")?,
                zones: row.try_get("zones")?,
                listeners: row.try_get("listeners")?,
                version: row.try_get("version")?,
                zone_names: Vec::new(),
            })
        })
    }

    /// Names of the zones that the server knows.
    pub(super) fn zone_names(&mut self) -> Result<Vec<String>, Problem> {
        self.try_to(|session| {
            let rows = session.client.query(ZONE_NAMES, &[])?;
            rows.iter().map(|row| row.try_get("name")).collect()
        })
    }

    /// The days of the zone that is wished for: those of UTC as they are, others summed up from minutes.
    /// A zone that the server does not know is UTC.
    pub(super) fn days_of_zone(
        &mut self,
        wish: &Wish,
        can: &Abilities,
        days: &Arc<Dataset>,
    ) -> Result<Arc<Dataset>, Problem> {
        if wish.zone == UTC || !can.zones {
            return Ok(Arc::clone(days));
        }
        self.try_to(|session| {
            let Some(zone) = session.zone(&wish.zone, days)? else {
                return Ok(Arc::clone(days));
            };
            let since = wish.since.map(Day::date);
            let rows = rows(session.client.query(ROWS_AT, &[&wish.zone, &since])?)?;
            let data = Dataset::with_names(rows, days.status.clone(), days);
            Ok(Arc::new(data.in_zone(zone)))
        })
    }

    /// What else the window shows.
    pub(super) fn extras(
        &mut self,
        wish: &Wish,
        can: &Abilities,
        days: &Dataset,
    ) -> Result<Extras, Problem> {
        self.try_to(|session| {
            let minutes = match wish.minutes {
                Some(minutes) if can.minutes => Some(session.minutes(minutes, days)?),
                _ => None,
            };
            let listeners = match wish.listeners {
                Some(span) if can.listeners => Some(session.listeners(span, days)?),
                _ => None,
            };
            Ok(Extras {
                minutes: minutes.map(Arc::new),
                listeners: listeners.map(Arc::new),
            })
        })
    }

    /// Distinct listeners over several days.
    pub(super) fn distinct(&mut self, ask: &Ask) -> Result<Distinct, Problem> {
        self.try_to(|session| {
            let complete = ask.complete.map(Day::date);
            let row = session.client.query_one(
                DISTINCT,
                &[
                    &ask.span.first.date(),
                    &ask.span.last.date(),
                    &complete,
                    &ask.shift,
                    &ask.regions,
                ],
            )?;
            let complete: Option<i64> = row.try_get("complete")?;
            let before: Option<i64> = row.try_get("before")?;
            Ok(Distinct {
                ask: ask.clone(),
                listeners: row.try_get("listeners")?,
                compared: complete.zip(before),
            })
        })
    }

    fn try_to<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Result<T, Problem> {
        read(self).map_err(|error| Problem::of(&error))
    }

    fn zone(&mut self, name: &str, days: &Dataset) -> Read<Option<Zone>> {
        let watermark = days
            .status
            .watermark
            .and_then(DateTime::from_timestamp_micros);
        let row = self.client.query_opt(ZONE, &[&name, &watermark])?;
        row.map(|row| {
            let micros = |column| Ok(row.try_get::<_, i64>(column)? * 1_000_000);
            Ok(Zone {
                name: row.try_get("name")?,
                offset: micros("ahead")?,
                watermark_offset: micros("ahead_at_watermark")?,
            })
        })
        .transpose()
    }

    fn minutes(&mut self, minutes: i32, days: &Dataset) -> Read<Dataset> {
        let status = days.status.clone();
        let now = status.now.div_euclid(MINUTE_US) * MINUTE_US;
        let at = |micros: i64| -> DateTime<Utc> {
            DateTime::from_timestamp_micros(micros).unwrap_or_default()
        };
        let from = at(now - i64::from(minutes - 1) * MINUTE_US);
        // What is ahead of the clock is shown once its time has come.
        let rows = self.client.query(MINUTES, &[&from, &at(now + MINUTE_US)])?;
        let reached = status.watermark.map(|mark| mark.div_euclid(MINUTE_US));
        let rows = rows
            .into_iter()
            .map(|row| {
                let minute: i64 = row.try_get("minute")?;
                Ok(Row {
                    day: Day(minute as i32),
                    event_type: row.try_get("event_type")?,
                    region: row.try_get("region")?,
                    events: row.try_get("events")?,
                    late_events: row.try_get("late_events")?,
                    updated_at: None,
                    is_final: reached.is_some_and(|reached| minute < reached),
                })
            })
            .collect::<Read<_>>()?;
        Ok(Dataset::with_names(rows, status, days).by_minute(days.zone.clone()))
    }

    fn listeners(&mut self, span: Span, days: &Dataset) -> Read<Dataset> {
        let dates: [NaiveDate; 2] = [span.first.date(), span.last.date()];
        let rows = self.client.query(LISTENERS, &[&dates[0], &dates[1]])?;
        let rows = rows
            .into_iter()
            .map(|row| {
                Ok(Row {
                    day: Day::from_date(row.try_get::<_, NaiveDate>("day")?),
                    event_type: LISTENERS_NAME.into(),
                    region: row.try_get("region")?,
                    events: row.try_get("listeners")?,
                    late_events: 0,
                    updated_at: micros(row.try_get("updated_at")?),
                    is_final: row.try_get("is_final")?,
                })
            })
            .collect::<Read<_>>()?;
        Ok(Dataset::new(rows, days.status.clone()).of_listeners())
    }
}

/// Stands where an event type stands.
pub(super) const LISTENERS_NAME: &str = "listeners";
