//! The songs with most streams.

use super::listening;
use crate::{
    calendar::{Day, Span},
    data::reports::{
        listening::Numbers,
        songs::{Ask, Song, Songs},
    },
    source::{client::Client, postgres::Read},
};
use chrono::NaiveDate;

const SONGS: &str = include_str!("../../../sql/songs.sql");

pub(super) fn read(client: &Client, ask: &Ask) -> Read<Songs> {
    let dates: [NaiveDate; 2] = [ask.span.first.date(), ask.span.last.date()];
    let rows = client.query(
        SONGS,
        &[&dates[0], &dates[1], &ask.regions, &ask.count, &ask.shift],
    )?;
    let (waiting_hours, is_counted) = listening::state(client)?;
    let mut songs = Songs {
        shift: ask.shift,
        waiting_hours,
        is_counted,
        ..Songs::default()
    };
    for row in rows {
        let day = |column| -> Read<Option<Day>> {
            Ok(row
                .try_get::<_, Option<NaiveDate>>(column)?
                .map(Day::from_date))
        };
        let numbers = |[plays, streams, skips, listened_us]: [&str; 4]| -> Read<Numbers> {
            Ok(Numbers {
                plays: row.try_get(plays)?,
                streams: row.try_get(streams)?,
                skips: row.try_get(skips)?,
                listened_us: row.try_get(listened_us)?,
                sessions: 0,
            })
        };
        songs.settled = match (day("settled_first")?, day("settled_last")?) {
            (Some(first), Some(last)) => Some(Span::new(first, last)),
            _ => None,
        };
        songs.count = row.try_get("songs")?;
        songs.all = numbers(["all_plays", "all_streams", "all_skips", "all_listened_us"])?;
        songs.songs.push(Song {
            rank: row.try_get("rank")?,
            song_id: row.try_get("song_id")?,
            numbers: numbers(["plays", "streams", "skips", "listened_us"])?,
            settled_streams: row.try_get("settled_streams")?,
            earlier_streams: row.try_get("earlier_streams")?,
        });
    }
    Ok(songs)
}
