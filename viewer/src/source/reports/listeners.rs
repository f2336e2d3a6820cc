//! Distinct listeners over 1, 7 and 28 days, new and returning ones, and how many come back.

use crate::{
    calendar::{Day, Span},
    data::reports::listeners::{Ask, Kind, Listeners, Row, Together},
    source::{client::Client, postgres::Read},
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::sync::Arc;

const ACTIVE: &str = include_str!("../../../sql/active.sql");
const CHANGES: &str = include_str!("../../../sql/active_changes.sql");
const TOGETHER: &str = include_str!("../../../sql/active_together.sql");
const RETURNING: &str = include_str!("../../../sql/returning.sql");
const RETENTION: &str = include_str!("../../../sql/retention.sql");

/// Days of active listeners that one statement reads. Each row takes milliseconds, since it unites 28 sketches for a region:
/// a year at once would exceed the session's `statement_timeout`.
const DAYS_A_STATEMENT: i32 = 60;
/// A rollup's clock may be this much behind when its transaction ends.
const CLOCK_MARGIN: TimeDelta = TimeDelta::minutes(10);

/// Active listeners that were read before.
#[derive(Clone, Debug, Default)]
pub(super) struct ActiveBefore {
    span: Option<Span<Day>>,
    rows: Arc<Vec<Row>>,
    /// Number of rows of distinct listeners at that time.
    stored: i64,
    read_at: Option<DateTime<Utc>>,
}

pub(super) fn read(client: &Client, ask: &Ask, before: &mut ActiveBefore) -> Read<Listeners> {
    let rows = match ask.kind {
        Kind::Active => {
            before.update(client, ask.span)?;
            before.rows.to_vec()
        }
        Kind::New => {
            let columns = ["new_listeners", "returning_listeners"];
            rows(client, RETURNING, ask.span, &columns)?
        }
        Kind::Retention => {
            let columns = ["new_listeners", "day_1", "day_7", "day_28"];
            rows(client, RETENTION, ask.span, &columns)?
        }
    };
    let together = match &ask.together {
        Some((day, regions)) if ask.kind == Kind::Active => {
            Some(together(client, *day, regions.as_ref())?)
        }
        _ => None,
    };
    Ok(Listeners::new(ask.kind, rows, together))
}

impl ActiveBefore {
    /// Reads the days of a span that may have changed since they were read. A day's listeners are part of its own numbers
    /// and of those of the 27 days after it.
    fn update(&mut self, client: &Client, span: Span<Day>) -> Read<()> {
        let dates: [NaiveDate; 2] = [span.first.date(), span.last.date()];
        let since = self.read_at.map(|at| at - CLOCK_MARGIN);
        let row = client.query_one(CHANGES, &[&dates[0], &dates[1], &since])?;
        let stored: i64 = row.try_get("stored")?;
        let changed_from: Option<NaiveDate> = row.try_get("changed_from")?;
        let is_same = self.span == Some(span) && self.stored == stored && since.is_some();
        let from = match changed_from.map(Day::from_date) {
            _ if !is_same => span.first,
            Some(day) => day.max(span.first),
            None => span.last.plus(1),
        };
        let mut read: Vec<Row> = Vec::new();
        if is_same {
            read.extend(self.rows.iter().filter(|row| row.day < from).cloned());
        }
        let columns = ["listeners_1_day", "listeners_7_days", "listeners_28_days"];
        let mut first = from;
        while first <= span.last {
            let last = first.plus(DAYS_A_STATEMENT - 1).min(span.last);
            read.extend(rows(client, ACTIVE, Span { first, last }, &columns)?);
            first = last.plus(1);
        }
        *self = Self {
            span: Some(span),
            rows: Arc::new(read),
            stored,
            read_at: row.try_get("read_at")?,
        };
        Ok(())
    }
}

fn rows(client: &Client, sql: &str, span: Span<Day>, columns: &[&str]) -> Read<Vec<Row>> {
    let dates: [NaiveDate; 2] = [span.first.date(), span.last.date()];
    let rows = client.query(sql, &[&dates[0], &dates[1]])?.into_iter();
    rows.map(|row| {
        let mut numbers = [None; 4];
        for (number, column) in numbers.iter_mut().zip(columns) {
            *number = row.try_get(*column)?;
        }
        Ok(Row {
            day: Day::from_date(row.try_get("day")?),
            region: row.try_get("region")?,
            numbers,
        })
    })
    .collect()
}

fn together(client: &Client, day: Day, regions: Option<&Vec<String>>) -> Read<Together> {
    let row = client.query_one(TOGETHER, &[&day.date(), &regions])?;
    let number = |column: &str| -> Read<i64> { Ok(row.try_get(column)?) };
    Ok(Together {
        day,
        now: [number("day_1")?, number("days_7")?, number("days_28")?],
        before: [
            number("day_1_before")?,
            number("days_7_before")?,
            number("days_28_before")?,
        ],
    })
}
