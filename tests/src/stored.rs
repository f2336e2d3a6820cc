//! The state of what is stored: events, and the positions, owners and epochs in the ledger.

use std::time::Duration;

use postgres::Client;

use crate::database::value;
use crate::wait::until;

/// The number of stored events.
///
/// # Panics
/// The database does not answer.
pub fn event_count(client: &mut Client) -> i64 {
    value(client, "select count(*) from raw_events", &[])
}

/// Waits until exactly this many events are stored.
///
/// # Panics
/// They are not within this time.
pub fn wait_for_events(within: Duration, client: &mut Client, count: i64) {
    until(within, &format!("{count} events to be stored"), || {
        (event_count(client) == count).then_some(())
    });
}

/// The number of records up to the positions of the ledger: stored events, duplicates and rejects.
///
/// # Panics
/// The database does not answer.
pub fn record_count(client: &mut Client) -> i64 {
    value(
        client,
        "select coalesce(sum(next_offset), 0)::bigint from ingest_offsets",
        &[],
    )
}

/// The epochs of the partitions: how often each was claimed or released.
///
/// # Panics
/// The database does not answer.
pub fn epochs(client: &mut Client) -> Vec<i64> {
    let epochs = "select epoch from ingest_offsets order by partition";
    let rows = client.query(epochs, &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The distinct owners of partitions.
///
/// # Panics
/// The database does not answer.
pub fn owners(client: &mut Client) -> Vec<String> {
    let owners = "select distinct owner from ingest_offsets where owner is not null order by owner";
    let rows = client.query(owners, &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
