//! Counts listening by quarter of an hour from the events near the quarters, and writes the results.

mod count;
mod song;
mod songs;
mod sums;

use std::ops::Range;

use pgrx::datum::{Date, TimestampWithTimeZone};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use self::count::{Event, Rule, count};
use self::sums::{Sum, Sums};
use crate::error::Error;
use crate::names::Names;
use crate::pg_time::{day_of, timestamp};
use crate::rows::for_each_row;

/// Gives the same numbers as one query with window functions over all stored events: events further away than `max_listen`
/// and `session_gap` have no influence on these quarters.
///
/// Users are counted in parts that have about `most_events` events each, because one busy hour, or the time before and after the
/// quarters, can have more events than fit in memory. No count depends on the events of two users.
#[pg_extern(sql = false)]
fn count_quarters(
    first: TimestampWithTimeZone,
    past: TimestampWithTimeZone,
    rule: i32,
    most_events: i64,
) -> i64 {
    let quarters = first.into_inner()..past.into_inner();
    Spi::connect_mut(|client| replace_counts(client, quarters, rule, most_events))
        .unwrap_or_else(|error| error.raise())
}

fn replace_counts(
    client: &mut SpiClient<'_>,
    quarters: Range<i64>,
    number: i32,
    most_events: i64,
) -> Result<i64, Error> {
    let (rule, starting_types, event_types) = read_rule(client, number)?;
    let from = quarters.start - rule.max_listen.max(rule.session_gap);
    let until = quarters.end + rule.max_listen;
    let events_read = client
        .update(
            "select read_playback($1, $2, $3)",
            None,
            &[
                timestamp(from).into(),
                timestamp(until).into(),
                event_types.into(),
            ],
        )?
        .first()
        .get_one::<i64>()?
        .unwrap_or_default();
    let parts = events_read / most_events.max(1) + 1;
    let mut sums = Sums::default();
    for part in 0..parts {
        let mut playback = Playback::read(client, &starting_types, parts, part)?;
        let events = std::mem::take(&mut playback.events);
        let counted = count(events, &rule, quarters.clone());
        write_listener_days(client, &playback, counted.active)?;
        sums.add(
            counted.parts,
            &counted.sessions,
            &playback.regions,
            &playback.songs,
        );
    }
    write_listening(client, &sums, &quarters)?;
    write_songs(client, sums, &quarters)?;
    client.update(
        include_str!("../../sql/statement/write_counted_hours.sql"),
        None,
        &[
            timestamp(quarters.start).into(),
            timestamp(quarters.end).into(),
            number.into(),
        ],
    )?;
    Ok(events_read)
}

/// Returns the rule with this number, the event types that start playback, and those that start or end it.
fn read_rule(
    client: &mut SpiClient<'_>,
    number: i32,
) -> Result<(Rule, Vec<String>, Vec<String>), Error> {
    let row = client
        .update(
            include_str!("../../sql/statement/listening_rule.sql"),
            None,
            &[number.into()],
        )?
        .first();
    let length = |column| Ok::<_, Error>(row.get::<i64>(column)?.unwrap_or_default());
    let rule = Rule {
        max_listen: length(1)?,
        stream_after: length(2)?,
        session_gap: length(3)?,
    };
    let types = |column| Ok::<_, Error>(row.get::<Vec<String>>(column)?.unwrap_or_default());
    Ok((rule, types(4)?, types(5)?))
}

/// Events, and the names that their numbers stand for. Names are sorted by their bytes, so a number is also a rank.
#[derive(Debug, Default)]
struct Playback {
    events: Vec<Event>,
    users: Vec<Vec<u8>>,
    regions: Vec<Vec<u8>>,
    songs: Vec<Vec<u8>>,
}

impl Playback {
    /// Reads the events that `read_playback()` has staged, of one of several parts of the users.
    fn read(
        client: &mut SpiClient<'_>,
        starting_types: &[String],
        parts: i64,
        part: i64,
    ) -> Result<Playback, Error> {
        let mut events = Vec::new();
        let (mut users, mut regions, mut songs) =
            (Names::default(), Names::default(), Names::default());
        for_each_row(
            client,
            include_str!("../../sql/statement/playback.sql"),
            &[starting_types.to_vec().into(), parts.into(), part.into()],
            |row| {
                let number =
                    |names: &mut Names, column| row.bytes(column).map(|name| names.number(&name));
                events.push(Event {
                    id: row.uuid(1),
                    user: number(&mut users, 2).unwrap_or_default(),
                    is_start: row.bool(3),
                    region: number(&mut regions, 4).unwrap_or_default(),
                    ts: row.timestamp(5),
                    song: number(&mut songs, 6),
                });
            },
        )?;
        let (users, user_ranks) = users.into_sorted();
        let (regions, region_ranks) = regions.into_sorted();
        let (songs, song_ranks) = songs.into_sorted();
        for event in &mut events {
            event.user = user_ranks[event.user as usize];
            event.region = region_ranks[event.region as usize];
            event.song = event.song.map(|song| song_ranks[song as usize]);
        }
        Ok(Playback {
            events,
            users,
            regions,
            songs,
        })
    }
}

/// A name as text.
///
/// # Panics
/// The name is not UTF-8. It comes from a text column, and the extension is created in UTF-8 databases only.
fn text(name: &[u8]) -> &str {
    std::str::from_utf8(name).expect("text of a UTF-8 database")
}

fn write_listening(
    client: &mut SpiClient<'_>,
    sums: &Sums,
    quarters: &Range<i64>,
) -> Result<(), Error> {
    let column = |of: fn(&Sum) -> i64| sums.0.values().map(of).collect::<Vec<i64>>();
    let starts: Vec<TimestampWithTimeZone> = sums
        .0
        .keys()
        .map(|(quarter, _)| timestamp(*quarter))
        .collect();
    let regions: Vec<&str> = sums.0.keys().map(|(_, region)| text(region)).collect();
    client.update(
        include_str!("../../sql/statement/write_listening.sql"),
        None,
        &[
            starts.into(),
            regions.into(),
            column(|sum| sum.listening.plays).into(),
            column(|sum| sum.listening.streams).into(),
            column(|sum| sum.listening.skips).into(),
            column(|sum| sum.listening.listened_us).into(),
            column(|sum| sum.sessions).into(),
            timestamp(quarters.start).into(),
            timestamp(quarters.end).into(),
        ],
    )?;
    Ok(())
}

fn write_songs(client: &mut SpiClient<'_>, sums: Sums, quarters: &Range<i64>) -> Result<(), Error> {
    let (keys, songs): (Vec<_>, Vec<Vec<u8>>) = sums
        .0
        .into_iter()
        .filter(|(_, sum)| !sum.songs.is_empty())
        .map(|(key, sum)| (key, sum.songs))
        .unzip();
    let starts: Vec<TimestampWithTimeZone> = keys
        .iter()
        .map(|(quarter, _)| timestamp(*quarter))
        .collect();
    let regions: Vec<&str> = keys.iter().map(|(_, region)| text(region)).collect();
    client.update(
        include_str!("../../sql/statement/write_songs.sql"),
        None,
        &[
            starts.into(),
            regions.into(),
            songs.into(),
            timestamp(quarters.start).into(),
            timestamp(quarters.end).into(),
        ],
    )?;
    Ok(())
}

fn write_listener_days(
    client: &mut SpiClient<'_>,
    playback: &Playback,
    mut active: Vec<(i64, u32, u32)>,
) -> Result<(), Error> {
    // Sorted by day, region and user like the primary key of listener_days, so that neighbouring rows share index pages.
    active.sort_unstable();
    active.dedup();
    let days: Vec<Date> = active.iter().map(|(start, ..)| day_of(*start)).collect();
    let regions: Vec<&str> = active
        .iter()
        .map(|(_, region, _)| text(&playback.regions[*region as usize]))
        .collect();
    let users: Vec<&str> = active
        .iter()
        .map(|(.., user)| text(&playback.users[*user as usize]))
        .collect();
    client.update(
        include_str!("../../sql/statement/write_listener_days.sql"),
        None,
        &[days.into(), regions.into(), users.into()],
    )?;
    Ok(())
}
