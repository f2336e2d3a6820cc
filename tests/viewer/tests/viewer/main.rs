//! The viewer from outside: its server is killed under it, and its window is used by hand.
//! `DATABASE_URL` names the stack's Postgres; without it, the tests say that they were skipped.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is not as expected ends it"
)]

mod at_rest;
mod credentials;
mod outage;
mod real_window;
mod reports;
