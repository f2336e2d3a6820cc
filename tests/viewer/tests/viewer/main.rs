//! The viewer with real servers, which are killed and suspended, and in a real window.
//! `DATABASE_URL` is that of the stack's Postgres; without it the tests are reported as skipped.

#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod at_rest;
mod credentials;
mod outage;
mod real_window;
mod reports;
