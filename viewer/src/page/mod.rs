//! What is on screen: the user's choices, and the charts, figures and rows computed from them.

mod builder;
mod chart;
pub mod colors;
mod command;
mod contents;
pub mod csv;
mod drawing;
mod extra;
mod line;
mod options;
mod quoting;
mod range;
pub mod reports;
mod request;
mod section;
mod state;
mod table;
mod view;

pub use builder::{HEATMAP_TITLES, LISTENERS_TITLE, NameOthers};
pub use chart::{Chart, Share, Stack};
pub use colors::ColorSlots;
pub use command::{Command, Effect, List, Theme};
pub use contents::{Page, TOTAL};
pub use drawing::Drawing;
pub use extra::Extra;
pub use line::{Line, Stretch};
pub use options::{Bucket, ChartOptions, SeriesOrder};
pub use range::{Hours, Range};
pub use request::{MOST_ZONE_DAYS, is_cut, request_of};
pub use section::Section;
pub use state::State;
pub use table::Table;
pub use view::{Split, View};
