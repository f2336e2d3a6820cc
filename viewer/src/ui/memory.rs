//! What the window remembers of its use.

use super::{dates::Dates, naming::Naming, report_memory::ReportMemory};
use crate::{calendar::Slot, data::Cell, page::View};

/// State that lasts from frame to frame but is not a choice of the user.
#[derive(Default)]
pub(super) struct Memory {
    /// The slot under the pointer.
    pub(super) hovered: Option<Slot>,
    /// The chart that has the keyboard.
    pub(super) focused_chart: Option<egui::Id>,
    /// The series to stand out, by its full name.
    pub(super) highlight: Option<String>,
    /// What is typed in the search box.
    pub(super) search: String,
    /// The search box is to have the keyboard.
    pub(super) focus_search: bool,
    /// The row of the table that is selected.
    pub(super) selected: Option<Cell>,
    /// The command palette, while it is open.
    pub(super) palette: Option<CommandPalette>,
    /// Days that are being typed, while their dialog is open.
    pub(super) dates: Option<Dates>,
    /// The name of a view that is being typed, while its dialog is open.
    pub(super) naming: Option<Naming>,
    /// Characters of names that no font has, as of a load.
    pub(super) unknown: (u64, Vec<char>),
    /// What is remembered of reports.
    pub(super) reports: ReportMemory,
    /// The view of daily events that was shown last.
    pub(super) events_view: View,
    /// A word at the bottom: what was saved or copied.
    pub(super) notice: Option<String>,
}

/// What can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everything.
    All,
    /// Zones.
    Zones,
}

/// The command palette while it is open.
#[derive(Clone, Debug)]
pub(super) struct CommandPalette {
    pub(super) scope: Scope,
    pub(super) typed: String,
    pub(super) at: usize,
    pub(super) is_new: bool,
}

impl CommandPalette {
    pub(super) fn new(scope: Scope) -> Self {
        Self {
            scope,
            typed: String::new(),
            at: 0,
            is_new: true,
        }
    }
}
