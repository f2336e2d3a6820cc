//! Values of the options that have a fixed list of them.

use crate::page::{
    Bucket, Hours, Range, SeriesOrder, Split, Theme, View,
    reports::{listeners::Part, listening::Figure, songs::Top},
};
use clap::ValueEnum;

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
