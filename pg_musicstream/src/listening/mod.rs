//! Listening time, streams, skips, sessions and listeners of some quarters, counted from the events near them.

mod count;
mod song;
mod songs;

use std::collections::BTreeMap;
use std::ops::Range;

use pgrx::datum::{Date, TimestampWithTimeZone};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use self::count::{Event, Part, Rule, count};
use self::song::Listening;
use crate::bounds::{day, timestamp};
use crate::error::Error;
use crate::names::Names;
use crate::rows::for_each_row;

/// One query with window functions over all events would give the same for these quarters: what is further away than
/// `max_listen` or `session_gap` has no influence on them.
#[pg_extern(sql = false)]
fn musicstream_count_quarters(
    first: TimestampWithTimeZone,
    past: TimestampWithTimeZone,
    rule: i32,
) -> i64 {
    let quarters = first.into_inner()..past.into_inner();
    Spi::connect_mut(|client| count_quarters(client, quarters, rule))
        .unwrap_or_else(|error| error.raise())
}

fn count_quarters(
    client: &mut SpiClient<'_>,
    quarters: Range<i64>,
    number: i32,
) -> Result<i64, Error> {
    let (rule, starting_types, event_types) = read_rule(client, number)?;
    let from = quarters.start - rule.max_listen.max(rule.session_gap);
    let until = quarters.end + rule.max_listen;
    let events_read = client
        .update(
            "select musicstream_read_playback($1, $2, $3)",
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
    let mut playback = Playback::read(client, starting_types)?;
    let events = std::mem::take(&mut playback.events);
    let counted = count(events, &rule, quarters.clone());
    write_listening(
        client,
        &playback,
        &counted.parts,
        &counted.sessions,
        &quarters,
    )?;
    write_songs(client, &playback, counted.parts, &quarters)?;
    client.update(
        include_str!("../../sql/statement/write_counted_hours.sql"),
        None,
        &[
            timestamp(quarters.start).into(),
            timestamp(quarters.end).into(),
            number.into(),
        ],
    )?;
    write_listener_days(client, &playback, counted.active)?;
    Ok(events_read)
}

/// The rule, the event types that start playback, and those that start or end it.
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

/// Events with the names that their numbers stand for.
#[derive(Debug, Default)]
struct Playback {
    events: Vec<Event>,
    users: Names,
    regions: Names,
    songs: Names,
}

impl Playback {
    /// What is staged.
    fn read(client: &mut SpiClient<'_>, starting_types: Vec<String>) -> Result<Playback, Error> {
        let mut playback = Playback::default();
        for_each_row(
            client,
            include_str!("../../sql/statement/playback.sql"),
            &[starting_types.into()],
            |row| {
                let number =
                    |names: &mut Names, column| row.bytes(column).map(|name| names.number(&name));
                playback.events.push(Event {
                    id: row.uuid(1),
                    user: number(&mut playback.users, 2).unwrap_or_default(),
                    is_start: row.bool(3),
                    region: number(&mut playback.regions, 4).unwrap_or_default(),
                    ts: row.timestamp(5),
                    song: number(&mut playback.songs, 6),
                });
            },
        )?;
        Ok(playback)
    }
}

fn write_listening(
    client: &mut SpiClient<'_>,
    playback: &Playback,
    parts: &[Part],
    sessions: &[(i64, u32)],
    quarters: &Range<i64>,
) -> Result<(), Error> {
    let mut sums: BTreeMap<(i64, u32), (Listening, i64)> = BTreeMap::new();
    for part in parts {
        let (sum, _) = sums.entry((part.quarter, part.region)).or_default();
        sum.add(part.listening);
    }
    for &session in sessions {
        sums.entry(session).or_default().1 += 1;
    }
    let column = |of: fn(&(Listening, i64)) -> i64| sums.values().map(of).collect::<Vec<i64>>();
    let keys =
        |of: fn(&(i64, u32)) -> TimestampWithTimeZone| sums.keys().map(of).collect::<Vec<_>>();
    let regions: Vec<&str> = sums
        .keys()
        .map(|(_, region)| playback.regions.text(*region))
        .collect();
    client.update(
        include_str!("../../sql/statement/write_listening.sql"),
        None,
        &[
            keys(|(quarter, _)| timestamp(*quarter)).into(),
            regions.into(),
            column(|(sum, _)| sum.plays).into(),
            column(|(sum, _)| sum.streams).into(),
            column(|(sum, _)| sum.skips).into(),
            column(|(sum, _)| sum.listened_us).into(),
            column(|(_, sessions)| *sessions).into(),
            timestamp(quarters.start).into(),
            timestamp(quarters.end).into(),
        ],
    )?;
    Ok(())
}

fn write_songs(
    client: &mut SpiClient<'_>,
    playback: &Playback,
    parts: Vec<Part>,
    quarters: &Range<i64>,
) -> Result<(), Error> {
    // Songs are packed in the order of their names.
    let ranks = playback.songs.ranks();
    let mut parts: Vec<(i64, u32, u32, u32, Listening)> = parts
        .into_iter()
        .filter_map(|part| {
            let song = part.song?;
            Some((
                part.quarter,
                part.region,
                ranks[song as usize],
                song,
                part.listening,
            ))
        })
        .collect();
    parts.sort_unstable_by_key(|(quarter, region, rank, ..)| (*quarter, *region, *rank));
    let (mut starts, mut regions, mut songs) = (Vec::new(), Vec::new(), Vec::new());
    for of_key in parts.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let mut packed = Vec::new();
        for of_song in of_key.chunk_by(|a, b| a.2 == b.2) {
            let mut sum = Listening::default();
            for (.., listening) in of_song {
                sum.add(*listening);
            }
            song::append(&mut packed, playback.songs.name(of_song[0].3), sum);
        }
        starts.push(timestamp(of_key[0].0));
        regions.push(playback.regions.text(of_key[0].1));
        songs.push(packed);
    }
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
    active: Vec<(i64, u32, u32)>,
) -> Result<(), Error> {
    // Neighbours share pages of the index.
    let ranks = playback.users.ranks();
    let mut active: Vec<(i64, u32, u32, u32)> = active
        .into_iter()
        .map(|(day, region, user)| (day, region, ranks[user as usize], user))
        .collect();
    active.sort_unstable();
    active.dedup();
    let days: Vec<Date> = active.iter().map(|(start, ..)| day(*start)).collect();
    let regions: Vec<&str> = active
        .iter()
        .map(|(_, region, ..)| playback.regions.text(*region))
        .collect();
    let users: Vec<&str> = active
        .iter()
        .map(|(.., user)| playback.users.text(*user))
        .collect();
    client.update(
        include_str!("../../sql/statement/write_listener_days.sql"),
        None,
        &[days.into(), regions.into(), users.into()],
    )?;
    Ok(())
}
