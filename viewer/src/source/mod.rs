//! Where the numbers come from: a database behind a worker thread, or the built-in sample.

mod client;
pub mod demo;
mod demo_reports;
mod exchange;
mod extras;
mod feed;
mod latest;
mod postgres;
pub mod problem;
mod reports;
mod worker;

pub use feed::Feed;
pub use latest::{Health, Latest, now};
