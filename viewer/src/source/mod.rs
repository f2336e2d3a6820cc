//! Where the numbers come from: a database behind a worker thread, or the built-in sample.

mod client;
pub mod demo;
mod extras;
mod feed;
mod postgres;
pub mod problem;
mod worker;

pub use feed::{Feed, Health, Latest, now};
