//! The command line.

use crate::{
    data::{Column, Sort},
    page::{
        Bucket, Hours, Range, SeriesOrder, Split, Theme, View,
        reports::{listeners::Part, listening::Figure, songs::Top},
    },
};
use chrono::NaiveDate;
use clap::{Parser, ValueEnum};
use std::{
    fmt::{Display, Formatter},
    path::PathBuf,
    time::Duration,
};

/// A window on the daily metrics of pg_musicstream: charts and numbers of play, pause and stop events
/// by event type and region, as they move.
///
/// It reads live_daily_metrics and musicstream_status in a database that has the extension, and changes nothing.
#[derive(Debug, Parser)]
#[command(
    name = "musicstream-viewer",
    version,
    after_help = "\
The database is the one of --database-url or DATABASE_URL; what that leaves open is taken from libpq's
variables (PGHOST, PGUSER, PGSERVICE, PGSSLMODE and the rest), and the password from PGPASSWORD or
libpq's password file (~/.pgpass; on Windows %APPDATA%\\postgresql\\pgpass.conf). On Linux a window needs an
X11 or Wayland display; --screenshot and --csv need none.

Exit status: 0, 2 for wrong usage or an unknown name, 1 for anything else.

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

    /// Look for new numbers this often (the database also says when a rollup is done)
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

    /// What to show at first; the window otherwise shows what it showed last
    #[arg(long, value_enum)]
    pub view: Option<ViewArg>,

    /// What the lines of the overlay stand for
    #[arg(long, value_enum)]
    pub split: Option<SplitArg>,

    /// What a slot of charts and tables is
    #[arg(long, value_enum)]
    pub bucket: Option<BucketArg>,

    /// Draw the mean of seven days
    #[arg(long)]
    pub mean: bool,

    /// Draw each series as its share of the total, stacked to 100 %
    #[arg(long)]
    pub share: bool,

    /// A logarithmic axis of values
    #[arg(long)]
    pub log: bool,

    /// One axis of values for all charts
    #[arg(long)]
    pub same_scale: bool,

    /// So many of the largest names have a series, the others one together [default: all have one]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    pub top: Option<u16>,

    /// Order of series and charts
    #[arg(long, value_enum)]
    pub order: Option<OrderArg>,

    /// What the chart of listening shows
    #[arg(long, value_enum)]
    pub figure: Option<FigureArg>,

    /// How many songs are shown
    #[arg(long, value_enum)]
    pub songs: Option<SongsArg>,

    /// What is shown of listeners
    #[arg(long, value_enum)]
    pub listeners: Option<ListenersArg>,

    /// Draw the days before too, weekday by weekday
    #[arg(long)]
    pub compare: bool,

    /// How far to look back
    #[arg(long, value_enum)]
    pub range: Option<RangeArg>,

    /// How far the live view looks back
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

/// `--theme`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ThemeArg {
    /// Dark on white
    Light,
    /// Light on dark
    Dark,
}

/// `--view`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ViewArg {
    /// A chart for each event type, a line for each region
    ByEventType,
    /// A chart for each region, a line for each event type
    ByRegion,
    /// All lines in one chart
    Overlay,
    /// A row for each series, a cell for each day
    Heatmap,
    /// The last hours by minute
    Live,
    /// Distinct listeners by day and region
    Listeners,
    /// The metrics table alone
    Table,
    /// Hours, streams, skip rate and sessions by day and region
    Listening,
    /// The songs with most streams
    Songs,
    /// Source partitions and rollups
    Pipeline,
    /// Input that could not be stored, by reason
    Rejects,
}

/// `--figure`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FigureArg {
    /// Time listened
    Hours,
    /// Plays that were long enough to count
    Streams,
    /// Skips divided by plays
    SkipRate,
    /// Sessions that began
    Sessions,
}

/// `--songs`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SongsArg {
    /// The 10 songs with most streams
    #[value(name = "10")]
    Ten,
    /// The 50 songs with most streams
    #[value(name = "50")]
    Fifty,
    /// The 200 songs with most streams
    #[value(name = "200")]
    TwoHundred,
}

/// `--listeners`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ListenersArg {
    /// Distinct listeners of each day
    #[value(name = "1d")]
    Day,
    /// Distinct listeners of the 7 days up to each day
    #[value(name = "7d")]
    Week,
    /// Distinct listeners of the 28 days up to each day
    #[value(name = "28d")]
    FourWeeks,
    /// New and returning listeners
    New,
    /// How many new listeners come back
    Retention,
}

/// `--bucket`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum BucketArg {
    /// A day
    Day,
    /// An ISO week, from Monday to Sunday
    Week,
    /// A calendar month
    Month,
}

impl From<BucketArg> for Bucket {
    fn from(arg: BucketArg) -> Self {
        match arg {
            BucketArg::Day => Self::Day,
            BucketArg::Week => Self::Week,
            BucketArg::Month => Self::Month,
        }
    }
}

/// `--order`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum OrderArg {
    /// By name
    Name,
    /// The largest sum first
    Size,
    /// The largest growth first
    Change,
}

impl From<OrderArg> for SeriesOrder {
    fn from(arg: OrderArg) -> Self {
        match arg {
            OrderArg::Name => Self::Name,
            OrderArg::Size => Self::Size,
            OrderArg::Change => Self::Change,
        }
    }
}

/// `--split`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SplitArg {
    /// A line for each event type
    EventTypes,
    /// A line for each region
    Regions,
    /// A line for each pair
    Both,
}

/// `--range`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RangeArg {
    /// 7 days
    #[value(name = "7d")]
    Days7,
    /// 28 days
    #[value(name = "28d")]
    Days28,
    /// 90 days
    #[value(name = "90d")]
    Days90,
    /// 365 days
    #[value(name = "1y")]
    Year,
    /// All days
    All,
}

/// `--hours`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum HoursArg {
    /// 1 hour
    #[value(name = "1h")]
    One,
    /// 3 hours
    #[value(name = "3h")]
    Three,
    /// 6 hours
    #[value(name = "6h")]
    Six,
    /// 24 hours
    #[value(name = "24h")]
    Day,
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

impl From<HoursArg> for Hours {
    fn from(arg: HoursArg) -> Self {
        match arg {
            HoursArg::One => Self::One,
            HoursArg::Three => Self::Three,
            HoursArg::Six => Self::Six,
            HoursArg::Day => Self::Day,
        }
    }
}

impl From<ThemeArg> for Theme {
    fn from(arg: ThemeArg) -> Self {
        match arg {
            ThemeArg::Light => Self::Light,
            ThemeArg::Dark => Self::Dark,
        }
    }
}

impl From<FigureArg> for Figure {
    fn from(arg: FigureArg) -> Self {
        match arg {
            FigureArg::Hours => Self::Hours,
            FigureArg::Streams => Self::Streams,
            FigureArg::SkipRate => Self::SkipRate,
            FigureArg::Sessions => Self::Sessions,
        }
    }
}

impl From<SongsArg> for Top {
    fn from(arg: SongsArg) -> Self {
        match arg {
            SongsArg::Ten => Self::Ten,
            SongsArg::Fifty => Self::Fifty,
            SongsArg::TwoHundred => Self::TwoHundred,
        }
    }
}

impl From<ListenersArg> for Part {
    fn from(arg: ListenersArg) -> Self {
        match arg {
            ListenersArg::Day => Self::Day,
            ListenersArg::Week => Self::Week,
            ListenersArg::FourWeeks => Self::FourWeeks,
            ListenersArg::New => Self::New,
            ListenersArg::Retention => Self::Retention,
        }
    }
}

impl From<ViewArg> for View {
    fn from(arg: ViewArg) -> Self {
        match arg {
            ViewArg::ByEventType => Self::ByEventType,
            ViewArg::ByRegion => Self::ByRegion,
            ViewArg::Overlay => Self::Overlay,
            ViewArg::Heatmap => Self::Heatmap,
            ViewArg::Live => Self::Live,
            ViewArg::Listeners => Self::Listeners,
            ViewArg::Table => Self::Table,
            ViewArg::Listening => Self::Listening,
            ViewArg::Songs => Self::Songs,
            ViewArg::Pipeline => Self::Pipeline,
            ViewArg::Rejects => Self::Rejects,
        }
    }
}

impl From<SplitArg> for Split {
    fn from(arg: SplitArg) -> Self {
        match arg {
            SplitArg::EventTypes => Self::EventTypes,
            SplitArg::Regions => Self::Regions,
            SplitArg::Both => Self::Both,
        }
    }
}

impl From<RangeArg> for Range {
    fn from(arg: RangeArg) -> Self {
        match arg {
            RangeArg::Days7 => Self::Days7,
            RangeArg::Days28 => Self::Days28,
            RangeArg::Days90 => Self::Days90,
            RangeArg::Year => Self::Year,
            RangeArg::All => Self::All,
        }
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
