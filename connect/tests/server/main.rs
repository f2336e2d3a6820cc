//! Tests with real Postgres servers, one or more for each test, and with certificates made for it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod certificates;
mod cluster;
mod outcome;
mod sessions;
mod tls;
