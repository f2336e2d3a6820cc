//! The window.

mod app;
mod banner;
mod centre;
mod chart;
mod figures;
mod filters;
mod help;
mod icon;
mod keys;
mod status;
mod table;
mod text;
pub mod theme;
mod tiles;
mod top;
mod welcome;
mod widgets;

pub use app::{App, Clock};
