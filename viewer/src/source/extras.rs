//! What is read beside the daily numbers of UTC days, and only while it is shown.

use super::{
    client::Client,
    postgres::{Read, Session, micros, rows, slot, status},
    problem::Problem,
};
use crate::{
    calendar::{Day, MINUTE_US, MINUTES_A_DAY, Micros, Slot, Span, UTC, Zone},
    data::{
        Abilities, Ask, Dataset, Distinct, Event, Events, EventsAsk, Extras, MOST_EVENTS, Request,
        Row, Status,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const ABILITIES: &str = include_str!("../../sql/abilities.sql");
const DISTINCT: &str = include_str!("../../sql/distinct.sql");
const EVENTS: &str = include_str!("../../sql/events.sql");
const LISTENERS: &str = include_str!("../../sql/listeners.sql");
const MINUTES: &str = include_str!("../../sql/minutes.sql");
const MINUTES_COUNTED: &str = include_str!("../../sql/minutes_counted.sql");
const MINUTES_SEEN: &str = include_str!("../../sql/minutes_seen.sql");
const ROWS_AT: &str = include_str!("../../sql/rows_at.sql");
const ZONE: &str = include_str!("../../sql/zone.sql");
const ZONE_NAMES: &str = include_str!("../../sql/zone_names.sql");

/// What is known of the minutes on screen.
pub(super) struct Minutes {
    data: Arc<Dataset>,
    /// A fingerprint for each minute that changes with its rows.
    seen: BTreeMap<Slot, i64>,
    /// How many rows were read for it.
    pub(super) rows_read: usize,
}

impl Session {
    /// What there is to be read.
    pub(super) fn abilities(&mut self) -> Result<Abilities, Problem> {
        self.try_to(|session| {
            let row = session.client.query_one(ABILITIES, &[])?;
            Ok(Abilities {
                minutes: row.try_get("minutes")?,
                zones: row.try_get("zones")?,
                listeners: row.try_get("listeners")?,
                events: row.try_get("events")?,
                role: row.try_get("role")?,
                version: row.try_get("version")?,
                zone_names: Vec::new(),
            })
        })
    }

    /// Names of zones to choose from, see zone_names.sql; the server may know more.
    pub(super) fn zone_names(&mut self) -> Result<Vec<String>, Problem> {
        self.try_to(|session| {
            let rows = session.client.query(ZONE_NAMES, &[])?;
            rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
        })
    }

    /// The days of the requested zone: those of UTC as they are, others summed up from minutes.
    /// A zone that the server does not know is UTC.
    pub(super) fn days_of_zone(
        &mut self,
        request: &Request,
        can: &Abilities,
        days: &Arc<Dataset>,
    ) -> Result<Arc<Dataset>, Problem> {
        if request.zone == UTC || !can.zones {
            return Ok(Arc::clone(days));
        }
        let is_known = can.zone_names.contains(&request.zone);
        // With its own status: since `days` were read, a rollup may have moved numbers and watermark.
        self.read(|client| {
            let status = status(client)?;
            let Some(zone) = zone(client, &request.zone, is_known, &status)? else {
                return Ok(Arc::clone(days));
            };
            let since = request.since.map(Day::date);
            let rows = rows(client.query(ROWS_AT, &[&request.zone, &since])?)?;
            let data = Dataset::with_names(rows, status, days);
            Ok(Arc::new(data.in_zone(zone)))
        })
    }

    /// What else the window shows, and what to know of its minutes the next time.
    pub(super) fn extras(
        &mut self,
        request: &Request,
        can: &Abilities,
        days: &Dataset,
        known: Option<&Minutes>,
    ) -> Result<(Extras, Option<Minutes>), Problem> {
        let minutes = match request.minutes {
            Some(count) if can.minutes => {
                Some(self.read(|client| minutes(client, count, request.until, days, known))?)
            }
            _ => None,
        };
        let listeners = match request.listeners {
            Some(span) if can.listeners => Some(self.read(|client| listeners(client, span))?),
            _ => None,
        };
        let extras = Extras {
            minutes: minutes.as_ref().map(|minutes| Arc::clone(&minutes.data)),
            listeners: listeners.map(Arc::new),
            events: None,
            report: None,
        };
        Ok((extras, minutes))
    }

    /// Single events.
    pub(super) fn events(&mut self, ask: &EventsAsk, can: &Abilities) -> Result<Events, Problem> {
        if !can.events {
            return Ok(Events::NoRight(can.role.clone()));
        }
        let time = |at| DateTime::from_timestamp_micros(at).unwrap_or_default();
        let read = self.try_to(|session| {
            let rows = session.client.query(
                EVENTS,
                &[
                    &time(ask.from),
                    &time(ask.until),
                    &ask.event_types,
                    &ask.regions,
                    &MOST_EVENTS,
                ],
            )?;
            rows.iter().map(event).collect::<Read<Vec<Event>>>()
        });
        match read {
            Ok(events) => Ok(Events::Read(events)),
            // A timeout concerns this dialog only and must not end the session.
            Err(Problem::Slow(_)) => Ok(Events::TooSlow),
            Err(Problem::NoPrivilege(_)) => Ok(Events::NoRight(can.role.clone())),
            Err(problem) => Err(problem),
        }
    }

    /// Distinct listeners over several days.
    pub(super) fn distinct(&mut self, ask: &Ask) -> Result<Distinct, Problem> {
        self.try_to(|session| {
            let (days, shift) = ask.compared.unzip();
            let row = session.client.query_one(
                DISTINCT,
                &[
                    &ask.span.first.date(),
                    &ask.span.last.date(),
                    &days.map(|days| days.first.date()),
                    &days.map(|days| days.last.date()),
                    &shift,
                    &ask.regions,
                ],
            )?;
            let compared: Option<i64> = row.try_get("compared")?;
            let before: Option<i64> = row.try_get("before")?;
            Ok(Distinct {
                ask: ask.clone(),
                listeners: row.try_get("listeners")?,
                compared: compared.zip(before),
            })
        })
    }

    fn try_to<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Result<T, Problem> {
        read(self).map_err(|error| Problem::of_reading(&error))
    }
}

fn event(row: &tokio_postgres::Row) -> Read<Event> {
    Ok(Event {
        at: row.try_get::<_, DateTime<Utc>>("ts")?.timestamp_micros(),
        event_type: row.try_get("event_type")?,
        region: row.try_get("region")?,
        user_id: row.try_get("user_id")?,
        song_id: row.try_get("song_id")?,
        device: row.try_get("device")?,
        event_id: row.try_get("event_id")?,
    })
}

/// `is_known`: the server is known to have this zone.
fn zone(client: &Client, name: &str, is_known: bool, status: &Status) -> Read<Option<Zone>> {
    let watermark = status.watermark.and_then(DateTime::from_timestamp_micros);
    let row = client.query_opt(ZONE, &[&name, &watermark, &is_known])?;
    row.map(|row| {
        let micros = |column| -> Read<i64> { Ok(row.try_get::<_, i64>(column)? * 1_000_000) };
        Ok(Zone {
            name: row.try_get("name")?,
            offset: micros("ahead")?,
            watermark_offset: micros("ahead_at_watermark")?,
        })
    })
    .transpose()
}

fn listeners(client: &Client, span: Span<Day>) -> Read<Dataset> {
    let status = status(client)?;
    let dates: [NaiveDate; 2] = [span.first.date(), span.last.date()];
    let rows = client.query(LISTENERS, &[&dates[0], &dates[1]])?;
    let rows = rows
        .into_iter()
        .map(|row| {
            Ok(Row {
                slot: slot(Day::from_date(row.try_get::<_, NaiveDate>("day")?)),
                event_type: LISTENERS_NAME.into(),
                region: row.try_get("region")?,
                events: row.try_get("listeners")?,
                late_events: 0,
                updated_at: micros(row.try_get("updated_at")?),
            })
        })
        .collect::<Read<_>>()?;
    Ok(Dataset::new(rows, status).of_listeners())
}

/// Minutes and the same ones a day before. Of those that are known, only what changed is read.
fn minutes(
    client: &Client,
    count: i32,
    until: Option<Slot>,
    days: &Dataset,
    known: Option<&Minutes>,
) -> Read<Minutes> {
    let status = status(client)?;
    let at = |minute: i64| DateTime::from_timestamp_micros(minute * MINUTE_US).unwrap_or_default();
    let now = status.now.div_euclid(MINUTE_US);
    // Without a last minute, those up to the server's clock. A day by minute is read as a whole.
    let last = until.map_or(now, |minute| i64::from(minute.0));
    let window: [DateTime<Utc>; 2] = [at(last + 1 - i64::from(count)), at(last + 1)];
    let seen: BTreeMap<Slot, i64> = client
        .query(MINUTES_SEEN, &[&window[0], &window[1]])?
        .iter()
        .map(|row| {
            let minute: i64 = row.try_get("minute")?;
            Ok((Slot(minute as i32), row.try_get("seen")?))
        })
        .collect::<Read<_>>()?;
    let before = known.map(|known| &known.seen);
    let was = |minute: &Slot| before.and_then(|before| before.get(minute));
    let is_new = |(minute, seen): &(&Slot, &i64)| was(minute) != Some(*seen);
    let new: BTreeSet<Slot> = seen
        .iter()
        .filter(is_new)
        .map(|(minute, _)| *minute)
        .collect();
    let wanted: Vec<DateTime<Utc>> = new.iter().map(|minute| at(minute.0.into())).collect();
    let rows = client
        .query(MINUTES, &[&wanted])?
        .into_iter()
        .map(|row| {
            let minute: i64 = row.try_get("minute")?;
            Ok(Row {
                slot: Slot(minute as i32),
                event_type: row.try_get("event_type")?,
                region: row.try_get("region")?,
                events: row.try_get("events")?,
                late_events: row.try_get("late_events")?,
                updated_at: None,
            })
        })
        .collect::<Read<Vec<Row>>>()?;
    let rows_read = rows.len();
    let data = match known {
        Some(known) => {
            let gone = known
                .seen
                .keys()
                .filter(|minute| !seen.contains_key(minute));
            let others = new.iter().chain(gone).copied().collect();
            known
                .data
                .with_slots_and_names(&others, &rows, status, days)
        }
        None => Dataset::with_names(rows, status, days),
    };
    let counted = counted(client, &data.status)?;
    let shown = Span::new(Slot((last + 1) as i32 - count), Slot(last as i32));
    let read = [shown.plus(-MINUTES_A_DAY), shown].into_iter();
    let zeros: Vec<Span> = read.filter_map(|read| read.intersect(counted?)).collect();
    Ok(Minutes {
        data: Arc::new(data.by_minute(days.zone.clone(), &zeros)),
        seen,
        rows_read,
    })
}

/// The minutes of which all events that have come are counted: from the first event of the database to the newest one.
/// Before and after them, a minute without a row may still get one.
fn counted(client: &Client, status: &Status) -> Read<Option<Span>> {
    let row = client.query_one(MINUTES_COUNTED, &[])?;
    let first: Option<i64> = row.try_get("first")?;
    let last: Option<i64> = row.try_get("last")?;
    let minute = |at: Micros| at.div_euclid(MINUTE_US);
    // The newest event may have been rejected, and a watermark may be past it.
    let newest = status.newest_event.map(minute);
    let passed = status.watermark.map(|mark| minute(mark - 1));
    let last = last.max(newest).max(passed).min(Some(minute(status.now)));
    let span = |(first, last)| Span::new(Slot(first as i32), Slot(last as i32));
    Ok(first
        .zip(last)
        .filter(|(first, last)| first <= last)
        .map(span))
}

/// Event type of rows of listeners, which have none of their own.
pub(super) const LISTENERS_NAME: &str = "listeners";
