//! Commands of the user.

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

/// A command of the user.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Show another view.
    Show(View),
    /// What the lines of the overlay stand for.
    SplitBy(Split),
    /// Length of a slot: day, week or month.
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
    /// Set how many names have a series of their own.
    SetTop(Option<u16>),
    /// The order of series and charts.
    OrderBy(SeriesOrder),
    /// Set the range.
    Look(Range),
    /// Set the range of the live view.
    LookLive(Hours),
    /// Set the zone.
    SetZone(String),
    /// Zoom to these slots.
    Zoom(Span),
    /// Zoom by a factor around the cursor or the last slot: below 1 in, above 1 out.
    ZoomBy(f64),
    /// The same around this slot.
    ZoomAround(Slot, f64),
    /// Move the zoom by a number of slots.
    Move(i32),
    /// Back to all of the range.
    ResetZoom,
    /// Move the cursor by a number of slots; it starts at the last one.
    MoveCursor(i32),
    /// Set or remove the cursor.
    SetCursor(Option<Slot>),
    /// From a day to its minutes, from minutes to an hour of them, from an hour to the single events of a minute.
    DrillInto(Slot),
    /// One step back.
    DrillOut,
    /// Open the single events of these minutes, or close them.
    ShowEvents(Option<Span>),
    /// Toggle a name.
    Toggle(List, String),
    /// Show this name alone, or all again.
    Only(List, String),
    /// Every name on.
    All(List),
    /// Every name off.
    None(List),
    /// Toggle every name.
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

/// The part of a command that changes something outside of the state.
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
