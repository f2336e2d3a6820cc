//! Adds up the counts of several parts of the users, so that the events of all users need not be in memory at once.

use std::collections::BTreeMap;

use super::count::Part;
use super::song::{self, Listening};

/// The counts of a quarter and region.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) listening: Listening,
    pub(crate) sessions: i64,
    /// The songs of the plays that have one, packed. Packed songs take a fraction of the memory of a map: there can be nearly as
    /// many songs as plays.
    pub(crate) songs: Vec<u8>,
}

/// By start of the quarter and name of the region. Names instead of numbers, because each part of the users has its own numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums(pub(crate) BTreeMap<(i64, Vec<u8>), Sum>);

impl Sums {
    /// Adds the counts of users that were not added before. `regions` and `songs` are the names that the numbers stand for. The
    /// songs must be in ascending order of their bytes, because packed songs are.
    pub(crate) fn add(
        &mut self,
        parts: Vec<Part>,
        sessions: &[(i64, u32)],
        regions: &[Vec<u8>],
        songs: &[Vec<u8>],
    ) {
        // Summed by number first, so that a name is copied once per quarter and region, not once per play.
        let mut sums: BTreeMap<(i64, u32), Sum> = BTreeMap::new();
        for part in &parts {
            let sum = sums.entry((part.quarter, part.region)).or_default();
            sum.listening.add(part.listening);
        }
        for &session in sessions {
            sums.entry(session).or_default().sessions += 1;
        }
        for (key, packed) in pack_songs(parts, songs) {
            sums.entry(key).or_default().songs = packed;
        }
        for ((quarter, region), sum) in sums {
            let name = regions[region as usize].clone();
            self.0.entry((quarter, name)).or_default().add(sum);
        }
    }
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.listening.add(other.listening);
        self.sessions += other.sessions;
        self.songs = if self.songs.is_empty() {
            other.songs
        } else {
            song::sum_packed(&self.songs, &other.songs).expect("songs packed by this module")
        };
    }
}

/// Packs the songs of each quarter and region.
fn pack_songs(parts: Vec<Part>, songs: &[Vec<u8>]) -> Vec<((i64, u32), Vec<u8>)> {
    let mut parts: Vec<((i64, u32), u32, Listening)> = parts
        .into_iter()
        .filter_map(|part| Some(((part.quarter, part.region), part.song?, part.listening)))
        .collect();
    // Songs are packed in the order of their bytes, which is the order of their numbers.
    parts.sort_unstable_by_key(|(key, song, _)| (*key, *song));
    let pack = |of_key: &[((i64, u32), u32, Listening)]| {
        let mut packed = Vec::new();
        for of_song in of_key.chunk_by(|a, b| a.1 == b.1) {
            let mut sum = Listening::default();
            for (.., listening) in of_song {
                sum.add(*listening);
            }
            song::append(&mut packed, &songs[of_song[0].1 as usize], sum);
        }
        (of_key[0].0, packed)
    };
    parts.chunk_by(|a, b| a.0 == b.0).map(pack).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;
    use crate::time::{DAY, MINUTE, QUARTER, SECOND};
    use proptest::prelude::*;

    use super::super::count::{Event, Rule, count};

    const RULE: Rule = Rule {
        max_listen: 15 * MINUTE,
        stream_after: 30 * SECOND,
        session_gap: 30 * MINUTE,
    };

    /// Adds the counts of these events, with names that are numbered from these events only.
    fn add(sums: &mut Sums, events: &[Event]) {
        let (mut regions, mut songs) = (Names::default(), Names::default());
        let mut numbered = events.to_vec();
        for event in &mut numbered {
            event.region = regions.number(&[event.region as u8]);
            event.song = event.song.map(|song| songs.number(&[song as u8]));
        }
        let (regions, region_ranks) = regions.into_sorted();
        let (songs, song_ranks) = songs.into_sorted();
        for event in &mut numbered {
            event.region = region_ranks[event.region as usize];
            event.song = event.song.map(|song| song_ranks[song as usize]);
        }
        let counted = count(numbered, &RULE, 0..DAY);
        sums.add(counted.parts, &counted.sessions, &regions, &songs);
    }

    fn event(user: u32, ts: i64, region: u8, song: Option<u8>) -> Event {
        Event {
            user,
            ts,
            is_start: true,
            id: [0; 16],
            region: region.into(),
            song: song.map(u32::from),
        }
    }

    fn streams(streams: i64, listened_us: i64) -> Listening {
        Listening {
            plays: streams,
            streams,
            skips: 0,
            listened_us,
        }
    }

    fn packed(songs: &[(u8, Listening)]) -> Vec<u8> {
        let mut packed = Vec::new();
        for (song, listening) in songs {
            song::append(&mut packed, &[*song], *listening);
        }
        packed
    }

    #[test]
    fn counts_of_different_users_are_added() {
        let mut sums = Sums::default();
        add(&mut sums, &[event(0, 0, b'e', Some(b'x'))]);
        add(
            &mut sums,
            &[
                event(1, 0, b'e', Some(b'w')),
                event(2, 5 * MINUTE, b'e', Some(b'x')),
                event(3, 0, b'e', None),
                event(4, 0, b'a', None),
            ],
        );
        let of = |quarter: i64, region: u8| &sums.0[&(quarter, vec![region])];
        assert_eq!(
            sums.0.keys().cloned().collect::<Vec<_>>(),
            [
                (0, b"a".to_vec()),
                (0, b"e".to_vec()),
                (QUARTER, b"e".to_vec())
            ]
        );
        assert_eq!(of(0, b'a').songs, b"");
        assert_eq!(of(0, b'e').listening, streams(4, 55 * MINUTE));
        assert_eq!(of(0, b'e').sessions, 4);
        assert_eq!(
            of(0, b'e').songs,
            packed(&[
                (b'w', streams(1, 15 * MINUTE)),
                (b'x', streams(2, 25 * MINUTE))
            ])
        );
        assert_eq!(of(QUARTER, b'e').sessions, 0);
        assert_eq!(
            of(QUARTER, b'e').songs,
            packed(&[(b'x', streams(0, 5 * MINUTE))])
        );
    }

    proptest! {
        /// The sums do not depend on how the users are divided.
        #[test]
        fn users_counted_in_parts_have_the_sums_of_all_users(
            events in prop::collection::vec(
                (0_u32..9, 0..120_i64, any::<bool>(), any::<u8>(), 0_u8..3, prop::option::of(0_u8..5)), 0..120
            ),
            parts in 1_u32..6,
        ) {
            let events: Vec<Event> = events
                .into_iter()
                .zip(0..)
                .map(|((user, minute, is_start, id, region, song), number)| {
                    // Ids are unique, as in the table: they decide the order of events of the same instant.
                    let mut unique = [id; 16];
                    unique[15] = number;
                    Event {
                        is_start,
                        id: unique,
                        ..event(user, minute * MINUTE, region, song)
                    }
                })
                .collect();
            let (mut whole, mut sums) = (Sums::default(), Sums::default());
            add(&mut whole, &events);
            for part in 0..parts {
                let of_part: Vec<Event> = events.iter().copied().filter(|event| event.user % parts == part).collect();
                add(&mut sums, &of_part);
            }
            prop_assert_eq!(sums, whole);
        }
    }
}
