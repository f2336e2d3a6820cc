//! How charts draw their numbers.

use crate::calendar::Grain;
use serde::{Deserialize, Serialize};

/// Length of a slot in views that show days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Bucket {
    /// A day.
    #[default]
    Day,
    /// An ISO week, from Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

impl Bucket {
    /// In the order of the buttons.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// What its slots are.
    pub fn grain(self) -> Grain {
        match self {
            Self::Day => Grain::Day,
            Self::Week => Grain::Week,
            Self::Month => Grain::Month,
        }
    }

    /// The next one, and the first after the last.
    pub fn next(self) -> Self {
        match self {
            Self::Day => Self::Week,
            Self::Week => Self::Month,
            Self::Month => Self::Day,
        }
    }
}

/// In which order series and charts come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeriesOrder {
    /// By name.
    #[default]
    Name,
    /// The largest sum over the span first.
    Size,
    /// The largest growth first; series without a comparison come last.
    Change,
}

impl SeriesOrder {
    /// In the order of the buttons.
    pub const ALL: [Self; 3] = [Self::Name, Self::Size, Self::Change];
}

/// How charts draw their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChartOptions {
    /// A line of the mean of seven days beside the days.
    pub mean: bool,
    /// Each series as its share of the chart's total, stacked.
    pub share: bool,
    /// A logarithmic axis of values.
    pub log: bool,
    /// All charts have the same axis of values.
    pub same_scale: bool,
    /// Number of largest names of each list that have a series of their own; the rest share one. `None`: no limit.
    pub top: Option<u16>,
    /// In which order series and charts come.
    pub order: SeriesOrder,
}

impl ChartOptions {
    /// The choices of `top`, in the order of the buttons.
    pub const TOPS: [Option<u16>; 4] = [None, Some(5), Some(8), Some(12)];
}
