//! The command line.

mod choices;

pub use choices::{
    BucketArg, FigureArg, HoursArg, ListenersArg, OrderArg, RangeArg, SongsArg, SplitArg, ThemeArg,
    ViewArg,
};

use crate::data::{Column, Sort};
use chrono::NaiveDate;
use clap::Parser;
use std::{
    fmt::{Display, Formatter},
    path::PathBuf,
    time::Duration,
};

/// A window on the daily metrics of pg_musicstream: charts and numbers of play, pause and stop events
/// by event type and region, as they move.
///
/// It reads the extension's views and functions, and changes nothing.
#[derive(Debug, Parser)]
#[command(
    name = "musicstream-viewer",
    version,
    after_help = "\
The database is the one of --database-url or DATABASE_URL; what that leaves open is taken from libpq's
variables (PGHOST, PGUSER, PGSERVICE, PGSSLMODE and the rest), and the password from PGPASSWORD or
libpq's password file (~/.pgpass; on Windows %APPDATA%\\postgresql\\pgpass.conf). On Linux a window needs an
X11 or Wayland display; --screenshot and --csv need none.

Exit status: 0, 2 for wrong usage, an unknown name or an option that the view does not have, 1 for anything else.

Examples:
  musicstream-viewer --demo
  musicstream-viewer --database-url postgresql://ana@db.example/music?sslrootcert=system
  musicstream-viewer --screenshot today.png --view overlay --theme dark --range 90d
  musicstream-viewer --saved 'Weekly plays' --csv plays.csv"
)]
pub struct Args {
    /// Database as a postgresql:// URL or as key=value pairs
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// Show built-in sample data, without a database
    #[arg(long)]
    pub demo: bool,

    /// Polling interval (rollups are also announced by the database)
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub poll: Duration,

    /// Write a picture of the window to this PNG file and end, without a display
    #[arg(long, value_name = "FILE")]
    pub screenshot: Option<PathBuf>,

    /// Write the rows of the table to this CSV file, or to standard output for -, and end, without a display
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,

    /// Show the view that was saved under this name; further options change it
    #[arg(long, value_name = "NAME")]
    pub saved: Option<String>,

    /// Size of the window or picture [default: the last size of the window, at first 1440x900]
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub size: Option<[u32; 2]>,

    /// Pixels a point in the picture
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = scale)]
    pub scale: f32,

    /// How long to wait for numbers before --screenshot and --csv give up
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub timeout: Duration,

    /// Light or dark; the window otherwise follows the desktop or the last choice
    #[arg(long, value_enum)]
    pub theme: Option<ThemeArg>,

    /// View to start with [default: the last view]
    #[arg(long, value_enum)]
    pub view: Option<ViewArg>,

    /// Draw a line in the overlay for each event type, each region or each pair
    #[arg(long, value_enum)]
    pub split: Option<SplitArg>,

    /// Add events or listening up by day, week or month
    #[arg(long, value_enum)]
    pub bucket: Option<BucketArg>,

    /// Draw the 7-day mean
    #[arg(long)]
    pub mean: bool,

    /// Draw each series as its share of the total, stacked to 100 %
    #[arg(long)]
    pub share: bool,

    /// Use a logarithmic value axis
    #[arg(long)]
    pub log: bool,

    /// Use the same value axis in all charts
    #[arg(long)]
    pub same_scale: bool,

    /// Give only the COUNT largest names a series of their own and add up the rest [default: a series for each name]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    pub top: Option<u16>,

    /// Sort series and charts by name, size or change
    #[arg(long, value_enum)]
    pub order: Option<OrderArg>,

    /// Figure that the listening chart shows
    #[arg(long, value_enum)]
    pub figure: Option<FigureArg>,

    /// Number of songs
    #[arg(long, value_enum)]
    pub songs: Option<SongsArg>,

    /// Which numbers of listeners to show
    #[arg(long, value_enum)]
    pub listeners: Option<ListenersArg>,

    /// Also draw the period before, aligned by weekday
    #[arg(long)]
    pub compare: bool,

    /// Range of days, up to today
    #[arg(long, value_enum)]
    pub range: Option<RangeArg>,

    /// Range of the live view
    #[arg(long, value_enum)]
    pub hours: Option<HoursArg>,

    /// Show this day by minute, as in 2026-03-18
    #[arg(long, value_name = "DATE", conflicts_with_all = ["view", "hours"])]
    pub minutes_of: Option<NaiveDate>,

    /// Order of the table: the name of a column of the CSV, as in events or region:desc
    #[arg(long, value_name = "COLUMN[:asc|:desc]", value_parser = sort)]
    pub sort: Option<SortArg>,

    /// First day to look at, as in 2026-03-01
    #[arg(long, value_name = "DATE", requires = "to", conflicts_with = "range")]
    pub from: Option<NaiveDate>,

    /// Last day to look at
    #[arg(long, value_name = "DATE", requires = "from")]
    pub to: Option<NaiveDate>,

    /// Zone of the days, as in Europe/Berlin [default: the last choice, at first UTC]
    #[arg(long, value_name = "NAME")]
    pub zone: Option<String>,

    /// Show this event type; repeat it for several [default: all]
    #[arg(long, value_name = "NAME")]
    pub event_type: Vec<String>,

    /// Show this region; repeat it for several [default: all]
    #[arg(long, value_name = "NAME")]
    pub region: Vec<String>,

    /// Leave this event type out; repeat it for several
    #[arg(long, value_name = "NAME", conflicts_with = "event_type")]
    pub hide_event_type: Vec<String>,

    /// Leave this region out; repeat it for several
    #[arg(long, value_name = "NAME", conflicts_with = "region")]
    pub hide_region: Vec<String>,

    /// Write a line to standard error for each frame that is drawn, to see what wakes the window up
    #[arg(long)]
    pub count_frames: bool,

    /// Folder that CSV files and pictures are saved in [default: ~/Downloads if there, else the current one]
    #[arg(long, value_name = "DIR")]
    pub export_dir: Option<PathBuf>,
}

/// `--sort`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortArg(pub Sort);

/// What a column is called on the command line, as in a CSV file.
fn column_name(column: Column) -> &'static str {
    match column {
        Column::Slot => "day",
        Column::EventType => "event_type",
        Column::Region => "region",
        Column::Events => "events",
        Column::Late => "late_events",
        Column::State => "state",
        Column::Updated => "updated_at",
        Column::Mean => "mean_7_days",
        Column::Share => "share_percent",
        Column::Days => "days",
    }
}

impl Display for SortArg {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let direction = if self.0.descending { "desc" } else { "asc" };
        write!(f, "{}:{direction}", column_name(self.0.column))
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    if (0.1..=86_400.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("must be from 0.1 to 86400 seconds".into())
    }
}

fn scale(text: &str) -> Result<f32, String> {
    let scale: f32 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.5..=4.0).contains(&scale) {
        Ok(scale)
    } else {
        Err("must be from 0.5 to 4".into())
    }
}

fn sort(text: &str) -> Result<SortArg, String> {
    let (name, direction) = match text.split_once(':') {
        Some((name, direction)) => (name, Some(direction)),
        None => (text, None),
    };
    let column = Column::ALL
        .into_iter()
        .find(|column| column_name(*column) == name)
        .ok_or_else(|| {
            let names = Column::ALL.map(column_name).join(", ");
            format!("no column is called {name:?}: there are {names}")
        })?;
    let descending = match direction {
        None => column.starts_descending(),
        Some("asc") => false,
        Some("desc") => true,
        Some(other) => return Err(format!("{other:?} is neither asc nor desc")),
    };
    Ok(SortArg(Sort { column, descending }))
}

fn size(text: &str) -> Result<[u32; 2], String> {
    let (width, height) = text
        .split_once(['x', 'X'])
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
        .ok_or("write it as WIDTHxHEIGHT, for instance 1440x900")?;
    let fits = |side: u32, least| (least..=8192).contains(&side);
    if fits(width, 640) && fits(height, 400) {
        Ok([width, height])
    } else {
        Err("must be from 640x400 to 8192x8192".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_sort_names_a_column_and_perhaps_a_direction() {
        let sorted = |text| sort(text).map(|sort| sort.to_string());
        assert_eq!(sorted("events"), Ok("events:desc".into()));
        assert_eq!(sorted("region:desc"), Ok("region:desc".into()));
        assert!(sort("nothing").is_err() && sort("events:up").is_err());
    }

    #[test]
    fn sizes_are_width_by_height() {
        assert_eq!(size("1600x1000"), Ok([1600, 1000]));
        assert!(size("1600").is_err() && size("1x1").is_err() && size("99999x900").is_err());
    }
}
