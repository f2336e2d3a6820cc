//! The viewer from outside: its window as a tree and as pictures, and its database thread against a real Postgres.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is not as expected ends it"
)]

mod clicks;
mod command;
mod database;
mod drill;
mod figures;
mod finding;
mod harness;
mod instant;
mod keyboard;
mod layers;
mod layout;
mod live;
mod menus;
mod minutes;
mod options;
mod pictures;
mod places;
mod reports;
mod saving;
mod shot;
mod spans;
mod states;
mod steady;
mod tooltip;
mod window;
mod without_effect;
mod words;
