//! The users of a batch: one sketch per day and region, from the events that were inserted.

use foldhash::HashMap;
use pgrx::spi::SpiClient;

use crate::error::Error;
use crate::pg_time::day_of;
use crate::sketch::{Sketch, hash};
use crate::time::day_start;

/// Sketches by the start of the UTC day and the number of the region.
#[derive(Default)]
pub(crate) struct Listeners {
    sketches: HashMap<(i64, u32), Sketch>,
}

impl Listeners {
    /// Adds the user of an inserted event.
    pub(crate) fn add(&mut self, ts: i64, region: u32, user_id: &[u8]) {
        let sketch = self.sketches.entry((day_start(ts), region)).or_default();
        sketch.add(hash(user_id));
    }

    /// Appends the sketches to `listener_deltas`.
    pub(crate) fn append(
        self,
        client: &mut SpiClient<'_>,
        name_of: impl Fn(u32) -> String,
    ) -> Result<(), Error> {
        let (mut days, mut regions, mut sketches) = (Vec::new(), Vec::new(), Vec::new());
        for ((day_start, region), sketch) in self.sketches {
            days.push(day_of(day_start));
            regions.push(name_of(region));
            sketches.push(sketch.into_bytes());
        }
        if days.is_empty() {
            return Ok(());
        }
        client.update(
            include_str!("../sql/statement/append_listeners.sql"),
            None,
            &[days.into(), regions.into(), sketches.into()],
        )?;
        Ok(())
    }
}
