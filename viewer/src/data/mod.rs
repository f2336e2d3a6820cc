//! The numbers of one load: series of slots, one for each pair of event type and region.

mod columns;
mod count;
mod dataset;
pub mod filter;
mod finality;
mod measure;
mod memo;
mod names;
mod order;
mod peaks;
pub mod reports;
mod status;
mod track;
mod wish;

pub use columns::RowId;
pub use count::{Count, Sum};
pub use dataset::{Cell, Dataset, Row};
pub use filter::Filter;
pub use finality::Finality;
pub use measure::Measure;
pub use order::{Column, Order, Rows, Sort};
pub use status::Status;
pub use track::Track;
pub use wish::{
    Abilities, Ask, Distinct, Event, Events, EventsAsk, Extras, MOST_EVENTS, STANDARD_ERROR, Wish,
};

#[cfg(test)]
pub(crate) use dataset::tests;
