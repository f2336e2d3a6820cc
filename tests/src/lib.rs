//! The harness of the end-to-end tests: real servers, real programs, and the oracles that check their results.
//!
//! `make test` starts the servers and builds the programs; see [`stack`] for how the tests find them.
//! Every failure here fails a test, so all functions panic with a message that says what was expected.

#![allow(clippy::unwrap_used)] // a failure in the harness fails the test

pub mod batch;
pub mod broker;
pub mod broker_pair;
pub mod citus;
pub mod cluster;
pub mod count;
pub mod csv;
pub mod data;
pub mod database;
pub mod document;
pub mod group;
pub mod http;
pub mod listening;
pub mod minutes;
pub mod old_version;
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
pub mod stored;
pub mod topic;
pub mod wait;
pub mod writer;
