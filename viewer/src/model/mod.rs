//! What the viewer knows and works out, without a window and without a database.

pub mod board;
mod columns;
pub mod counts;
pub mod csv;
pub mod data;
pub mod day;
pub mod decimate;
pub mod filter;
pub mod format;
pub mod grain;
mod memo;
pub mod palette;
pub mod panel;
pub mod series;
pub mod span;
pub mod stats;
pub mod table;
pub mod ticks;
pub mod track;
pub mod wish;
