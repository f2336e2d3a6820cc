//! The window.

mod app;
mod banner;
mod centre;
mod chart;
mod dates;
mod empty_state;
mod events;
mod fallback_glyphs;
mod figures;
mod filters;
pub mod fonts;
mod grid;
mod help;
mod icon;
mod inputs;
mod keys;
mod memory;
mod menus;
mod naming;
mod new_file;
mod options;
mod palette;
mod panels;
mod period;
mod report_memory;
mod reports;
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
