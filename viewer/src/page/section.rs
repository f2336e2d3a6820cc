//! Groups of views.

use super::view::View;

/// A group of views: the first line of tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Events by day and by minute.
    Events,
    /// Hours, streams, skips, sessions.
    Listening,
    /// Songs by streams.
    Songs,
    /// Distinct users.
    Listeners,
    /// Partitions and rollups.
    Pipeline,
    /// Input that could not be stored.
    Rejects,
}

impl Section {
    /// In the order of the tabs.
    pub const ALL: [Self; 6] = [
        Self::Events,
        Self::Listening,
        Self::Songs,
        Self::Listeners,
        Self::Pipeline,
        Self::Rejects,
    ];

    /// The section of a view.
    pub fn of(view: View) -> Self {
        match view {
            View::Listening => Self::Listening,
            View::Songs => Self::Songs,
            View::Listeners => Self::Listeners,
            View::Pipeline => Self::Pipeline,
            View::Rejects => Self::Rejects,
            _ => Self::Events,
        }
    }

    /// The views of a section; the first one is shown at first.
    pub fn views(self) -> &'static [View] {
        match self {
            Self::Events => &[
                View::ByEventType,
                View::ByRegion,
                View::Overlay,
                View::Heatmap,
                View::Live,
                View::Table,
            ],
            Self::Listening => &[View::Listening],
            Self::Songs => &[View::Songs],
            Self::Listeners => &[View::Listeners],
            Self::Pipeline => &[View::Pipeline],
            Self::Rejects => &[View::Rejects],
        }
    }
}
