//! The songs with most streams.

use super::listening::Numbers;
use crate::calendar::{Day, Span};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// These UTC days.
    pub span: Span<Day>,
    /// Number of days between the days that are compared.
    pub shift: i32,
    /// These regions; `None`: all.
    pub regions: Option<Vec<String>>,
    /// Maximum number of songs.
    pub count: i64,
}

/// A song.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Song {
    /// Its place.
    pub rank: i64,
    /// As the events name it.
    pub song_id: String,
    /// What was counted on all days asked for; sessions belong to no song.
    pub numbers: Numbers,
    /// Streams on the settled days that are compared.
    pub settled_streams: i64,
    /// Streams on as many days before.
    pub earlier_streams: i64,
}

/// What the source has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Songs {
    /// The first ones, by their rank.
    pub songs: Vec<Song>,
    /// How many there are.
    pub count: i64,
    /// What was counted of all of them.
    pub all: Numbers,
    /// The settled days whose streams are compared.
    pub settled: Option<Span<Day>>,
    /// Number of days between the days that are compared.
    pub shift: i32,
    /// Hours that changed since they were counted.
    pub waiting_hours: i64,
    /// Whether any hour was ever counted.
    pub is_counted: bool,
}

impl Songs {
    /// The days that are compared with.
    pub fn earlier(&self) -> Option<Span<Day>> {
        let settled = self.settled?;
        Some(Span {
            first: settled.first.plus(-self.shift),
            last: settled.last.plus(-self.shift),
        })
    }

    /// What was counted of the songs on screen.
    pub fn shown(&self) -> Numbers {
        let numbers = self.songs.iter().map(|song| song.numbers);
        numbers.fold(Numbers::default(), Numbers::plus)
    }
}
