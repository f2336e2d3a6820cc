//! Input that could not be stored.

use crate::{
    calendar::Day,
    data::reports::rejects::{Ask, Example, Rejects, as_text},
    source::{client::Client, postgres::Read},
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::HashMap;

const MARK: &str = include_str!("../../../sql/rejects_mark.sql");
const BY_REASON: &str = include_str!("../../../sql/rejects_by_reason.sql");
const SINCE: &str = include_str!("../../../sql/rejects_since.sql");
const BY_DAY: &str = include_str!("../../../sql/rejects_by_day.sql");
const EXAMPLES: &str = include_str!("../../../sql/rejects_examples.sql");
const MAY_SEE_BYTES: &str = include_str!("../../../sql/rejects_may_see_bytes.sql");
const BYTES: &str = include_str!("../../../sql/rejects_bytes.sql");

/// Number of newest rows that are read: there is no index on time or reason.
const NEWEST: i64 = 200_000;

pub(super) fn mark(client: &Client) -> Read<String> {
    Ok(client.query_one(MARK, &[])?.try_get("mark")?)
}

pub(super) fn read(client: &Client, ask: &Ask) -> Read<Rejects> {
    let dates: [NaiveDate; 2] = [ask.span.first.date(), ask.span.last.date()];
    let mut rejects = Rejects::default();
    for row in client.query(BY_REASON, &[])? {
        let rejected = (row.try_get("reason")?, row.try_get("rejected")?);
        rejects.by_reason.push(rejected);
    }
    for row in client.query(BY_DAY, &[&dates[0], &dates[1], &NEWEST])? {
        rejects.by_day.push((
            Day::from_date(row.try_get("day")?),
            row.try_get("reason")?,
            row.try_get("rejected")?,
        ));
    }
    let since = client.query_one(SINCE, &[&NEWEST])?;
    let at = |column| -> Read<Option<i64>> {
        let at: Option<DateTime<Utc>> = since.try_get(column)?;
        Ok(at.map(|at| at.timestamp_micros()))
    };
    rejects.first_at = at("first")?;
    let counted_from = at("counted_from")?.filter(|_| rejects.count() > NEWEST);
    rejects.newest_only = counted_from.map(|from| (NEWEST, from));
    for row in client.query(EXAMPLES, &[&ask.reason, &NEWEST])? {
        let received_at: DateTime<Utc> = row.try_get("received_at")?;
        rejects.examples.push(Example {
            rejected_id: row.try_get("rejected_id")?,
            received_at: received_at.timestamp_micros(),
            reason: row.try_get("reason")?,
            source: row.try_get("source")?,
            partition: row.try_get("partition")?,
            position: row.try_get("position")?,
            detail: row.try_get("detail")?,
            payload: None,
        });
    }
    rejects.may_see_bytes = client
        .query_one(MAY_SEE_BYTES, &[])?
        .try_get("may_see_bytes")?;
    if rejects.may_see_bytes {
        let ids: Vec<i64> = (rejects.examples.iter())
            .map(|example| example.rejected_id)
            .collect();
        let mut payloads = HashMap::new();
        for row in client.query(BYTES, &[&ids])? {
            let bytes: Option<Vec<u8>> = row.try_get("payload")?;
            let all: i32 = row.try_get("payload_bytes")?;
            let text = bytes.map(|bytes| as_text(&bytes, all.into()));
            payloads.insert(row.try_get::<_, i64>("rejected_id")?, text);
        }
        for example in &mut rejects.examples {
            example.payload = payloads.remove(&example.rejected_id).flatten();
        }
    }
    Ok(rejects)
}
