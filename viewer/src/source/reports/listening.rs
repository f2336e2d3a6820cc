//! Listening by day and region.

use crate::{
    calendar::Day,
    data::reports::listening::{Ask, Listening, Numbers, Row},
    source::{client::Client, postgres::Read},
};
use chrono::NaiveDate;

const LISTENING: &str = include_str!("../../../sql/listening.sql");
const STATE: &str = include_str!("../../../sql/listening_state.sql");

pub(super) fn read(client: &Client, ask: &Ask) -> Read<Listening> {
    let dates: [NaiveDate; 2] = [ask.span.first.date(), ask.span.last.date()];
    let rows = client
        .query(LISTENING, &[&ask.zone, &dates[0], &dates[1]])?
        .into_iter()
        .map(|row| {
            Ok(Row {
                day: Day::from_date(row.try_get("day")?),
                region: row.try_get("region")?,
                numbers: Numbers {
                    plays: row.try_get("plays")?,
                    streams: row.try_get("streams")?,
                    skips: row.try_get("skips")?,
                    listened_us: row.try_get("listened_us")?,
                    sessions: row.try_get("sessions")?,
                },
                is_settled: row.try_get("is_settled")?,
            })
        })
        .collect::<Read<Vec<Row>>>()?;
    let (waiting_hours, is_counted) = state(client)?;
    Ok(Listening::new(rows, waiting_hours, is_counted))
}

/// How many hours wait to be counted, and whether any ever was.
pub(super) fn state(client: &Client) -> Read<(i64, bool)> {
    let row = client.query_one(STATE, &[])?;
    Ok((row.try_get("waiting_hours")?, row.try_get("is_counted")?))
}
