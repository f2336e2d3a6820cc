//! What is on screen: the choices of the user, and charts, figures and rows worked out for them.

mod builder;
mod chart;
pub mod colors;
mod command;
mod contents;
pub mod csv;
mod extra;
mod line;
mod options;
mod quoting;
mod range;
pub mod reports;
mod section;
mod state;
mod table;
mod view;
mod wish;

pub use builder::{HEATMAP_TITLE, LISTENERS_TITLE};
pub use chart::{Chart, Share, Stack};
pub use colors::ColorSlots;
pub use command::{Command, Effect, List, Theme};
pub use contents::{Page, TOTAL};
pub use extra::Extra;
pub use line::{Line, Stretch};
pub use options::{Bucket, ChartOptions, SeriesOrder};
pub use range::{Hours, Range};
pub use section::Section;
pub use state::State;
pub use table::Table;
pub use view::{Split, View};
pub use wish::{MOST_ZONE_DAYS, is_cut, wish_of};
