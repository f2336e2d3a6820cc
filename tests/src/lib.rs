//! The harness of the end-to-end tests: real servers, real programs, and the oracles that judge them.
//!
//! `make test` starts the servers, builds the programs and says where they are; see [`stack`].
//! What goes wrong here is a failed test, so everything panics with what was expected.

#![allow(clippy::unwrap_used)] // a harness has nobody to hand an error to

pub mod batch;
pub mod broker;
pub mod broker_pair;
pub mod citus;
pub mod cluster;
pub mod count;
pub mod data;
pub mod database;
pub mod group;
pub mod http;
pub mod listening;
pub mod minutes;
pub mod oracle;
mod page;
pub mod pipeline;
pub mod port;
pub mod process;
pub mod progress;
pub mod proxy;
pub mod random;
pub mod secrecy;
pub mod small_disk;
pub mod stack;
pub mod topic;
pub mod wait;
pub mod writer;
