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
mod request;
mod status;
mod track;

pub use columns::RowId;
pub use count::{Count, Sum};
pub use dataset::{Cell, Dataset, Row};
pub use filter::Filter;
pub use finality::Finality;
pub use measure::Measure;
pub use order::{Column, Order, Rows, Sort, Whole};
pub use request::{
    Abilities, Ask, Distinct, Event, Events, EventsAsk, Extras, MOST_EVENTS, Request,
    STANDARD_ERROR, is_within_error,
};
pub use status::Status;
pub use track::Track;

#[cfg(test)]
pub(crate) use dataset::tests;
