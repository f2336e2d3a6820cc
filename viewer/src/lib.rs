//! A native window on the daily metrics of `pg_musicstream`.
//!
//! `model` is pure: numbers, days, series, statistics. `state` turns commands into a new state.
//! `source` brings numbers from Postgres or from the built-in sample. `ui` draws with egui, and `painter`
//! turns the same drawing into a picture on the CPU, for machines without a display.

pub mod model;
pub mod source;
pub mod state;
