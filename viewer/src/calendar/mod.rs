//! Days, slots of time, zones, and how numbers and times are written. Nothing here knows the data.

mod day;
pub mod format;
mod grain;
pub mod quantity;
mod slot;
mod span;
pub mod ticks;
mod typed;
mod zone;

pub use day::{DAY_US, Day, Micros, utc};
pub use grain::{Grain, MINUTE_US, MINUTES_A_DAY};
pub use slot::{Position, Slot};
pub use span::{MOST_DAYS, Span};
pub use typed::{typed_day, typed_span};
pub use zone::{UTC, Zone};
