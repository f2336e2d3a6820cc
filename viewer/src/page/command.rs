//! What the user can ask for.

use super::{
    options::{Bucket, SeriesOrder},
    range::{Hours, Range},
    reports::Choice,
    view::{Split, View},
};
use crate::{
    calendar::{Slot, Span},
    data::Column,
};
use serde::{Deserialize, Serialize};

/// Light, dark, or what the desktop says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// As the desktop.
    #[default]
    System,
    /// Dark on white.
    Light,
    /// Light on dark.
    Dark,
}

/// One of the two lists that can be filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Event types.
    EventTypes,
    /// Regions.
    Regions,
}

/// Something the user asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Show another view.
    Show(View),
    /// What the lines of the overlay stand for.
    SplitBy(Split),
    /// What a slot of charts and tables is.
    SetBucket(Bucket),
    /// The next larger bucket, and days after months.
    NextBucket,
    /// Draw the mean of seven days, or not.
    ToggleMean,
    /// Draw shares of the total, or numbers.
    ToggleShare,
    /// A logarithmic axis, or a linear one.
    ToggleLog,
    /// One axis for all charts, or one for each.
    ToggleSameScale,
    /// So many names have a series of their own.
    SetTop(Option<u16>),
    /// The order of series and charts.
    OrderBy(SeriesOrder),
    /// Look back so far.
    Look(Range),
    /// Look back so far by minute.
    LookLive(Hours),
    /// Days of this zone.
    SetZone(String),
    /// Look at these slots only.
    Zoom(Span),
    /// Closer (below 1) or wider (above 1), around the cursor or the last slot.
    ZoomBy(f64),
    /// The same around this slot.
    ZoomAround(Slot, f64),
    /// Earlier or later by so many slots.
    Move(i32),
    /// Back to all of the range.
    ResetZoom,
    /// The cursor, by so many slots; it starts at the last one.
    MoveCursor(i32),
    /// The cursor on a slot, or away.
    SetCursor(Option<Slot>),
    /// From a day to its minutes, from minutes to an hour of them, from an hour to the single events of a minute.
    DrillInto(Slot),
    /// One step back.
    DrillOut,
    /// Single events of these minutes, or no more.
    ShowEvents(Option<Span>),
    /// One name over.
    Toggle(List, String),
    /// This name alone, or all again.
    Only(List, String),
    /// Every name on.
    All(List),
    /// Every name off.
    None(List),
    /// Every name over.
    Invert(List),
    /// Sort the table by a column.
    SortBy(Column),
    /// A choice made on a report.
    Choose(Choice),
    /// Read again now.
    Refresh,
    /// Draw the days before too, or not.
    ToggleCompare,
    /// Fold the figures of the series away, or show them again.
    FoldFigures,
    /// Stop reading, or go on.
    TogglePause,
    /// Light, dark, system.
    SetTheme(Theme),
    /// The other one of light and dark, from the one that is on screen.
    FlipTheme {
        /// What is on screen.
        dark: bool,
    },
    /// Show or hide the help.
    ToggleHelp,
    /// Write the table's rows to a file.
    SaveCsv,
    /// Copy the table's rows.
    CopyCsv,
    /// Write the window to a picture.
    SavePicture,
    /// Copy the command line that shows the same.
    CopyCommandLine,
    /// Save what is shown under this name.
    SaveView(String),
    /// Show what was saved under this name.
    ShowSaved(String),
    /// Forget what was saved under this name.
    ForgetView(String),
}

/// What a command asks of the world outside of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read again now.
    Refresh,
    /// The state's `paused` changed.
    PauseChanged,
    /// Write the rows to a file.
    SaveCsv,
    /// Copy the rows.
    CopyCsv,
    /// Write a picture.
    SavePicture,
    /// Copy the command line.
    CopyCommandLine,
    /// Save the view.
    SaveView(String),
    /// Show a saved view.
    ShowSaved(String),
    /// Forget a saved view.
    ForgetView(String),
}
