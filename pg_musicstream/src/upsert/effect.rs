//! Appends the deltas of inserted events to `metric_deltas` and `listener_deltas`.

use pgrx::spi::SpiClient;

use super::events::{Events, Index};
use crate::deltas::Deltas;
use crate::error::Error;
use crate::listeners::Listeners;
use crate::pg_time::timestamp;

/// Appends the deltas of these events. Events before `final_before`, the start of the oldest day that is not final, are late.
pub(super) fn append(
    client: &mut SpiClient<'_>,
    events: &Events,
    inserted: &[Index],
    final_before: i64,
) -> Result<(), Error> {
    if inserted.is_empty() {
        return Ok(());
    }
    let mut deltas = Deltas::default();
    let mut listeners = Listeners::default();
    for &index in inserted {
        let ts = events.ts(index);
        let (event_type, region) = events.names_of(index);
        deltas.add(ts, event_type, region, final_before);
        listeners.add(ts, region, events.fields(index).user_id);
    }
    append_deltas(client, deltas, events)?;
    listeners.append(client, |region| name(events, region))
}

/// The name with this number. The rules of the wire format guarantee that it is UTF-8.
fn name(events: &Events, number: u32) -> String {
    String::from_utf8_lossy(events.name(number)).into_owned()
}

fn append_deltas(client: &mut SpiClient<'_>, deltas: Deltas, events: &Events) -> Result<(), Error> {
    let groups = deltas.into_groups();
    let hours: Vec<_> = groups.iter().map(|group| timestamp(group.hour)).collect();
    let event_types: Vec<_> = groups
        .iter()
        .map(|group| name(events, group.event_type))
        .collect();
    let regions: Vec<_> = groups
        .iter()
        .map(|group| name(events, group.region))
        .collect();
    let counts: Vec<_> = groups.iter().map(|group| group.count.events).collect();
    let late_counts: Vec<_> = groups.iter().map(|group| group.count.late_events).collect();
    let minutes: Vec<_> = groups.into_iter().map(|group| group.minutes).collect();
    client.update(
        include_str!("../../sql/statement/append_deltas.sql"),
        None,
        &[
            hours.into(),
            event_types.into(),
            regions.into(),
            counts.into(),
            late_counts.into(),
            minutes.into(),
        ],
    )?;
    Ok(())
}
