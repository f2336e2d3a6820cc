//! The songs with most streams, as a table.

use super::{
    listening::Figure,
    sheet::{Cell, Place, Sheet, Sort, Value, numbers, words},
};
use crate::{
    calendar::{Day, Span},
    data::reports::songs::{Song, Songs},
    stats::Change,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How many songs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Top {
    /// Ten.
    #[default]
    Ten,
    /// Fifty.
    Fifty,
    /// Two hundred.
    TwoHundred,
}

impl Top {
    /// In the order of the selector.
    pub const ALL: [Self; 3] = [Self::Ten, Self::Fifty, Self::TwoHundred];

    /// As a number.
    pub fn count(self) -> i64 {
        match self {
            Self::Ten => 10,
            Self::Fifty => 50,
            Self::TwoHundred => 200,
        }
    }
}

/// What the report shows.
pub struct Contents {
    /// The songs, and what they are compared with.
    pub songs: Arc<Songs>,
    /// The rows.
    pub sheet: Sheet,
}

impl Contents {
    /// Works it out.
    pub fn new(songs: &Arc<Songs>, sort: Option<Sort>) -> Self {
        Self {
            songs: Arc::clone(songs),
            sheet: sheet(songs, sort),
        }
    }
}

/// How its streams changed, if there are days to compare.
pub fn change(song: &Song, settled: Option<Span<Day>>) -> Change {
    match settled {
        None => Change::Nothing,
        Some(_) => Change::of(song.settled_streams.into(), song.earlier_streams.into()),
    }
}

/// The songs as a table.
pub fn sheet(songs: &Arc<Songs>, sort: Option<Sort>) -> Sheet {
    let columns = vec![
        numbers("rank"),
        words("song_id").long(),
        numbers("streams"),
        numbers("change"),
        numbers("plays").ranked(2),
        numbers("skips").ranked(4),
        numbers("skip_rate").ranked(1),
        numbers("listening_seconds"),
        // On screen, the change says it.
        numbers("settled_streams").only(Place::File),
        numbers("earlier_streams").only(Place::File),
    ];
    let rows = songs.songs.len();
    let most = (songs.songs.iter().map(|song| song.numbers.streams))
        .max()
        .unwrap_or(0)
        .max(1);
    let songs = Arc::clone(songs);
    let cells = move |row: usize, column: usize| -> Cell {
        let song = &songs.songs[row];
        let of = &song.numbers;
        match column {
            0 => Value::Number(song.rank).into(),
            1 => Value::Text(song.song_id.clone()).into(),
            2 => Cell::from(Value::Number(of.streams)).with_bar(of.streams as f64 / most as f64),
            3 => Value::Change(change(song, songs.settled)).into(),
            4 => Value::Number(of.plays).into(),
            5 => Value::Number(of.skips).into(),
            6 => Figure::SkipRate.value(of).into(),
            7 => Figure::Hours.value(of).into(),
            8 => Value::Number(song.settled_streams).into(),
            _ => Value::Number(song.earlier_streams).into(),
        }
    };
    Sheet::new("songs", columns, rows, cells).sorted(Some(sort.unwrap_or((0, false))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::reports::listening::Numbers;

    fn song(rank: i64, streams: i64, settled_streams: i64, earlier_streams: i64) -> Song {
        Song {
            rank,
            song_id: format!("song-{rank}"),
            numbers: Numbers {
                plays: streams + 3,
                streams,
                skips: 3,
                listened_us: streams * 60_000_000,
                sessions: 0,
            },
            settled_streams,
            earlier_streams,
        }
    }

    #[test]
    fn a_change_needs_settled_days_and_streams_before() {
        let days = Some(Span::new(Day(3), Day(5)));
        assert_eq!(change(&song(1, 9, 6, 4), None), Change::Nothing);
        assert_eq!(change(&song(1, 9, 6, 4), days), Change::Share(0.5));
        assert_eq!(change(&song(1, 9, 6, 0), days), Change::New);
        assert_eq!(change(&song(1, 9, 0, 0), days), Change::Share(0.0));
    }

    #[test]
    fn table_and_csv_have_the_songs_in_their_order() {
        let songs = Arc::new(Songs {
            songs: vec![song(1, 20, 10, 4), song(2, 5, 5, 10)],
            settled: Some(Span::new(Day(3), Day(5))),
            shift: 7,
            ..Songs::default()
        });
        let sheet = sheet(&songs, None);
        assert_eq!(
            sheet.csv().lines().nth(2),
            Some("2,song-2,5,-0.500000,8,3,0.375000,300.000000,5,10")
        );
        assert_eq!(sheet.cell(0, 2).bar, Some(1.0));
        assert_eq!(sheet.cell(0, 7).value.shown(), "0.33");
        assert_eq!(songs.earlier(), Some(Span::new(Day(-4), Day(-2))));
        assert_eq!(songs.shown().streams, 25);
    }
}
