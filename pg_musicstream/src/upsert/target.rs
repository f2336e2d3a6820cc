//! Where and how the events of a batch are written.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use pgrx::spi::SpiClient;

use crate::distribution;
use crate::error::Error;
use crate::time::day_start;

/// How events get into `raw_events`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WritePath {
    /// By COPY from inside, of all or nothing: an ordinary partitioned table.
    Copy,
    /// By INSERT with ON CONFLICT DO NOTHING, which says what it inserted: a table that Citus has distributed, whose shards only
    /// statements reach. No look-up comes before it: each would be sent to every shard.
    Insert,
}

/// `raw_events`, as a batch finds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) table: pg_sys::Oid,
    pub(super) path: WritePath,
    /// The start of the oldest day that is not final: the day that holds the watermark.
    pub(super) final_before: i64,
}

impl Target {
    pub(super) fn look_up(client: &mut SpiClient<'_>) -> Result<Target, Error> {
        let row = client
            .update(include_str!("../../sql/statement/target.sql"), None, &[])?
            .first();
        let table = row.get::<pg_sys::Oid>(1)?.unwrap_or(pg_sys::InvalidOid);
        let watermark = row.get::<TimestampWithTimeZone>(2)?;
        let path = if distribution::is_distributed(client)? {
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
