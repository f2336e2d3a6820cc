//! The table that events are written to, and the way of writing.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use pgrx::spi::SpiClient;

use crate::distribution;
use crate::error::Error;
use crate::time::day_start;

/// How events are written to `raw_events`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WritePath {
    /// By COPY, all events or none: for an ordinary partitioned table.
    Copy,
    /// By INSERT … ON CONFLICT DO NOTHING, which returns the inserted ids: for a table distributed by Citus, whose shards can only be
    /// written by statements. Events are not looked up first, because each lookup would be sent to every shard.
    Insert,
}

/// `raw_events` and its state at the time of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) table: pg_sys::Oid,
    pub(super) path: WritePath,
    /// The start of the oldest day that is not final, which is the day of the watermark.
    pub(super) final_before: i64,
}

impl Target {
    pub(super) fn look_up(client: &mut SpiClient<'_>) -> Result<Target, Error> {
        let row = client
            .update(include_str!("../../sql/statement/target.sql"), None, &[])?
            .first();
        let table = row.get::<pg_sys::Oid>(1)?.unwrap_or(pg_sys::InvalidOid);
        let watermark = row.get::<TimestampWithTimeZone>(2)?;
        let path = if distribution::has_distributed_events(client)? {
            WritePath::Insert
        } else {
            WritePath::Copy
        };
        Ok(Target {
            table,
            path,
            final_before: watermark.map_or(i64::MIN, |time| day_start(time.into_inner())),
        })
    }
}
