//! Who listened in a batch: a sketch a day and region, gathered from the rows that were really inserted.

use std::collections::HashMap;

use pgrx::datum::Date;
use pgrx::pg_sys;
use pgrx::spi::SpiClient;

use crate::bounds::{DAY, day_start};
use crate::error::Error;
use crate::sketch::{Sketch, hash};

/// Sketches by UTC day and region.
#[derive(Default)]
pub(crate) struct Listeners {
    regions: HashMap<String, HashMap<i64, Sketch>>,
}

impl Listeners {
    /// Adds the user of an inserted event.
    pub(crate) fn add(&mut self, ts: i64, region: &str, user_id: &str) {
        let days = match self.regions.get_mut(region) {
            Some(days) => days,
            None => self.regions.entry(region.to_owned()).or_default(),
        };
        days.entry(day_start(ts)).or_default().add(hash(user_id));
    }

    /// Appends the sketches to `listener_deltas`.
    pub(crate) fn append(self, client: &mut SpiClient<'_>) -> Result<(), Error> {
        let (mut days, mut regions, mut sketches) = (Vec::new(), Vec::new(), Vec::new());
        for (region, by_day) in self.regions {
            for (day, sketch) in by_day {
                days.push(Date::saturating_from_raw(
                    day.div_euclid(DAY) as pg_sys::DateADT
                ));
                regions.push(region.clone());
                sketches.push(sketch.into_bytes());
            }
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
