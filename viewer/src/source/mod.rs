//! Where the numbers come from: a database behind a worker thread, or the built-in sample.

pub mod address;
pub mod demo;
mod feed;
pub mod passfile;
mod postgres;
pub mod problem;
pub mod tls;
mod worker;

pub use feed::{Feed, Health, Latest, now};
