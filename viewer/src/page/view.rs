//! The views of the window.

use serde::{Deserialize, Serialize};

/// What the centre of the window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum View {
    /// A chart for each event type, a line for each region.
    #[default]
    ByEventType,
    /// A chart for each region, a line for each event type.
    ByRegion,
    /// All lines in one chart.
    Overlay,
    /// A row for each pair, a cell for each day.
    Heatmap,
    /// The last hours by minute.
    Live,
    /// Distinct listeners by day and region.
    Listeners,
    /// The metrics table alone.
    Table,
    /// Hours, streams, skips and sessions by day and region.
    Listening,
    /// The songs with most streams.
    Songs,
    /// Partitions and rollups.
    Pipeline,
    /// Input that could not be stored.
    Rejects,
}

impl View {
    /// Whether there can be something to show before any event is stored.
    pub fn needs_no_events(self) -> bool {
        matches!(self, Self::Pipeline | Self::Rejects)
    }

    /// In the order of the tabs.
    pub const ALL: [Self; 11] = [
        Self::ByEventType,
        Self::ByRegion,
        Self::Overlay,
        Self::Heatmap,
        Self::Live,
        Self::Listeners,
        Self::Table,
        Self::Listening,
        Self::Songs,
        Self::Pipeline,
        Self::Rejects,
    ];
}

/// What a line of the overlay stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Split {
    /// A line for each event type, over the regions that are on.
    #[default]
    EventTypes,
    /// A line for each region, over the event types that are on.
    Regions,
    /// A line for each pair.
    Both,
}

impl Split {
    /// In the order of the buttons.
    pub const ALL: [Self; 3] = [Self::EventTypes, Self::Regions, Self::Both];

    /// What one chart of all lines is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::EventTypes => "All regions that are on, by event type",
            Self::Regions => "All event types that are on, by region",
            Self::Both => "By event type and region",
        }
    }
}
