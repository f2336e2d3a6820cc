//! The window.

mod app;
mod banner;
mod blank;
mod centre;
mod chart;
mod dates;
mod figures;
mod filters;
mod help;
mod icon;
mod keys;
mod palette;
mod status;
mod table;
mod text;
pub mod theme;
mod tiles;
mod top;
mod welcome;
mod widgets;

pub use app::{App, Clock};
