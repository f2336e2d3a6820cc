//! Distinct listeners over 1, 7 and 28 days, new and returning ones, and how many come back.

use crate::{
    calendar::Day,
    data::reports::listeners::{Ask, Kind, Listeners, Row, Together},
    source::{client::Client, postgres::Read},
};
use chrono::NaiveDate;

const ACTIVE: &str = include_str!("../../../sql/active.sql");
const TOGETHER: &str = include_str!("../../../sql/active_together.sql");
const RETURNING: &str = include_str!("../../../sql/returning.sql");
const RETENTION: &str = include_str!("../../../sql/retention.sql");

pub(super) fn read(client: &Client, ask: &Ask) -> Read<Listeners> {
    let (sql, columns): (&str, &[&str]) = match ask.kind {
        Kind::Active => (
            ACTIVE,
            &["listeners_1_day", "listeners_7_days", "listeners_28_days"],
        ),
        Kind::New => (RETURNING, &["new_listeners", "returning_listeners"]),
        Kind::Retention => (RETENTION, &["new_listeners", "day_1", "day_7", "day_28"]),
    };
    let dates: [NaiveDate; 2] = [ask.span.first.date(), ask.span.last.date()];
    let rows = client
        .query(sql, &[&dates[0], &dates[1]])?
        .into_iter()
        .map(|row| {
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
        .collect::<Read<Vec<Row>>>()?;
    let together = match &ask.together {
        Some((day, regions)) if ask.kind == Kind::Active => {
            Some(together(client, *day, regions.as_ref())?)
        }
        _ => None,
    };
    Ok(Listeners::new(ask.kind, rows, together))
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
