//! The window.

mod app;
mod banner;
mod blank;
mod centre;
mod chart;
mod dates;
mod events;
mod figures;
mod filters;
pub mod fonts;
mod grid;
mod help;
mod icon;
mod kept;
mod keys;
mod last_resort;
mod memory;
mod menus;
mod naming;
mod options;
mod palette;
mod period;
mod reports;
mod scene;
mod status;
mod table;
mod text;
pub mod theme;
mod tiles;
mod top;
mod welcome;
mod widgets;

pub use app::{App, Clock};
pub use text::speak_pseudo;
