//! The viewer with real servers, which are killed and suspended, and in a real window.
//! `DATABASE_URL` is that of the stack's Postgres; without it most of the tests are reported as skipped, and
//! those that only start the program fail.

#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod at_rest;
mod credentials;
mod outage;
mod real_window;
mod reports;
