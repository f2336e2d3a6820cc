//! Who listened in a batch: a sketch a day and region, gathered from the rows that were really inserted.

use foldhash::HashMap;
use pgrx::datum::Date;
use pgrx::pg_sys;
use pgrx::spi::SpiClient;

use crate::error::Error;
use crate::sketch::{Sketch, hash};
use crate::time::{DAY, day_start};

/// Sketches by UTC day and region, the latter by its number.
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
        for ((day, region), sketch) in self.sketches {
            days.push(Date::saturating_from_raw(
                day.div_euclid(DAY) as pg_sys::DateADT
            ));
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
