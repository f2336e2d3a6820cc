//! Counts plays, streams, skips, listening time and sessions by quarter of an hour, from the events of all users.
//!
//! Durations are in microseconds, times in microseconds since Postgres's epoch.

use std::ops::Range;

use super::song::Listening;
use crate::time::{QUARTER, day_start, quarter_start};

/// A rule of `listening_rules`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// Maximum duration of a play.
    pub(crate) max_listen: i64,
    /// Minimum duration of a stream.
    pub(crate) stream_after: i64,
    /// Maximum time between two events of a session.
    pub(crate) session_gap: i64,
}

/// An event that starts or ends playback. User, region and song are numbers; equal names have equal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) user: u32,
    pub(crate) ts: i64,
    pub(crate) is_start: bool,
    pub(crate) id: [u8; 16],
    pub(crate) region: u32,
    pub(crate) song: Option<u32>,
}

/// The contribution of one play to one quarter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) quarter: i64,
    pub(crate) region: u32,
    pub(crate) song: Option<u32>,
    pub(crate) listening: Listening,
}

/// The counts, in no particular order.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) parts: Vec<Part>,
    /// (quarter, region) of the first event of each session.
    pub(crate) sessions: Vec<(i64, u32)>,
    /// (start of the UTC day, region, user) of the active users; entries can repeat.
    pub(crate) active: Vec<(i64, u32, u32)>,
}

/// Counts the quarters of `span`, which begins and ends with a quarter. `events` must contain all events from the longer of `max_listen`
/// and `session_gap` before the span up to `max_listen` after it: no others have influence on the span.
pub(crate) fn count(mut events: Vec<Event>, rule: &Rule, span: Range<i64>) -> Counted {
    // Ends sort before starts at the same instant: the end belongs to the earlier play.
    events.sort_unstable_by_key(|event| (event.user, event.ts, event.is_start, event.id));
    let mut counted = Counted::default();
    for of_user in events.chunk_by(|a, b| a.user == b.user) {
        for (at, event) in of_user.iter().enumerate() {
            let previous = at.checked_sub(1).map(|at| of_user[at].ts);
            let next = of_user.get(at + 1).map(|next| next.ts);
            if event.is_start {
                counted.add_play(event, next, rule, &span);
            }
            if span.contains(&event.ts) {
                if previous.is_none_or(|previous| event.ts - previous > rule.session_gap) {
                    counted
                        .sessions
                        .push((quarter_start(event.ts), event.region));
                }
                let active = (day_start(event.ts), event.region, event.user);
                if counted.active.last() != Some(&active) {
                    counted.active.push(active);
                }
            }
        }
    }
    counted
}

impl Counted {
    fn add_play(&mut self, play: &Event, next: Option<i64>, rule: &Rule, span: &Range<i64>) {
        let limit = play.ts + rule.max_listen;
        let end = next.filter(|next| *next <= limit);
        let ended = end.unwrap_or(limit);
        let is_stream = ended - play.ts >= rule.stream_after;
        let first = quarter_start(play.ts);
        let mut quarter = first;
        // A play of duration zero still counts in its quarter.
        while quarter < span.end && (quarter == first || quarter < ended) {
            if quarter >= span.start {
                let is_first = i64::from(quarter == first);
                let listening = Listening {
                    plays: is_first,
                    streams: is_first * i64::from(is_stream),
                    skips: is_first * i64::from(!is_stream && end.is_some()),
                    listened_us: ended.min(quarter + QUARTER) - play.ts.max(quarter),
                };
                self.parts.push(Part {
                    quarter,
                    region: play.region,
                    song: play.song,
                    listening,
                });
            }
            quarter += QUARTER;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY, HOUR, MINUTE, SECOND};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    const RULE: Rule = Rule {
        max_listen: 15 * MINUTE,
        stream_after: 30 * SECOND,
        session_gap: 30 * MINUTE,
    };

    fn event(ts: i64, is_start: bool) -> Event {
        Event {
            user: 0,
            ts,
            is_start,
            id: [0; 16],
            region: 0,
            song: None,
        }
    }

    type Row = (i64, i64, i64, i64, i64, i64);

    /// By quarter: plays, streams, skips, microseconds, sessions.
    fn rows(counted: &Counted) -> Vec<Row> {
        let mut rows: BTreeMap<i64, (Listening, i64)> = BTreeMap::new();
        for part in &counted.parts {
            rows.entry(part.quarter).or_default().0.add(part.listening);
        }
        for (quarter, _) in &counted.sessions {
            rows.entry(*quarter).or_default().1 += 1;
        }
        let row = |(quarter, (of, sessions)): (i64, (Listening, i64))| {
            (
                quarter,
                of.plays,
                of.streams,
                of.skips,
                of.listened_us,
                sessions,
            )
        };
        rows.into_iter().map(row).collect()
    }

    fn day(events: &[(i64, bool)]) -> Vec<Row> {
        let events = events.iter().map(|&(ts, is_start)| event(ts, is_start));
        rows(&count(events.collect(), &RULE, 0..DAY))
    }

    #[test]
    fn a_play_is_a_stream_a_skip_or_capped() {
        assert_eq!(
            day(&[(0, true), (30 * SECOND, false)]),
            [(0, 1, 1, 0, 30 * SECOND, 1)]
        );
        assert_eq!(
            day(&[(0, true), (30 * SECOND - 1, false)]),
            [(0, 1, 0, 1, 30 * SECOND - 1, 1)]
        );
        assert_eq!(day(&[(0, true)]), [(0, 1, 1, 0, 15 * MINUTE, 1)]);
        let play = HOUR + MINUTE;
        assert_eq!(
            day(&[(play, true), (play + 29 * SECOND, false)]),
            [(HOUR, 1, 0, 1, 29 * SECOND, 1)]
        );
    }

    #[test]
    fn an_event_exactly_at_the_cap_ended_the_play() {
        let rule = Rule {
            max_listen: 20 * SECOND,
            ..RULE
        };
        let skips = |end| {
            let events = vec![event(0, true), event(end, false)];
            rows(&count(events, &rule, 0..DAY))[0].3
        };
        assert_eq!(skips(20 * SECOND), 1);
        assert_eq!(skips(20 * SECOND + 1), 0, "the cap ended it");
    }

    #[test]
    fn seconds_are_split_over_quarters_and_the_play_counts_once() {
        assert_eq!(
            day(&[(14 * MINUTE, true), (20 * MINUTE, false)]),
            [
                (0, 1, 1, 0, MINUTE, 1),
                (15 * MINUTE, 0, 0, 0, 5 * MINUTE, 0)
            ]
        );
    }

    #[test]
    fn at_the_same_instant_the_end_belongs_to_the_play_before() {
        assert_eq!(
            day(&[
                (0, true),
                (MINUTE, true),
                (MINUTE, false),
                (2 * MINUTE, false)
            ]),
            [(0, 2, 2, 0, 2 * MINUTE, 1)]
        );
        // A start at the same instant ends the other one: a play of no length, a skip.
        assert_eq!(
            day(&[(0, true), (0, true), (MINUTE, false)]),
            [(0, 2, 1, 1, MINUTE, 1)]
        );
    }

    #[test]
    fn a_gap_that_is_as_long_as_allowed_is_within_the_session() {
        let stop = |ts| (ts, false);
        assert_eq!(
            day(&[stop(0), stop(30 * MINUTE), stop(60 * MINUTE + 1)]),
            [(0, 0, 0, 0, 0, 1), (HOUR, 0, 0, 0, 0, 1)]
        );
    }

    proptest! {
        /// A span counted from the events within its margins has the same quarters as in a count of all events.
        #[test]
        fn events_outside_the_margins_do_not_change_a_span(
            events in prop::collection::vec((0_u32..3, 0..240_i64, any::<bool>(), any::<u8>(), 0_u32..2), 0..60),
            first in 0..16_i64,
            quarters in 1..8_i64,
            rule in (1..40_i64, 0..10_i64, 1..50_i64),
        ) {
            let rule = Rule {
                max_listen: rule.0 * MINUTE,
                stream_after: rule.1 * MINUTE,
                session_gap: rule.2 * MINUTE,
            };
            let events: Vec<Event> = events
                .into_iter()
                .map(|(user, minute, is_start, id, region)| Event {
                    user,
                    id: [id; 16],
                    region,
                    song: Some(region),
                    ..event(minute * MINUTE, is_start)
                })
                .collect();
            let span = first * QUARTER..(first + quarters) * QUARTER;
            let read = span.start - rule.max_listen.max(rule.session_gap)..span.end + rule.max_listen;
            let near = events.iter().copied().filter(|event| read.contains(&event.ts)).collect();
            let part = count(near, &rule, span.clone());
            let whole = count(events.clone(), &rule, -DAY..DAY);
            let within: Vec<Row> = rows(&whole).into_iter().filter(|row| span.contains(&row.0)).collect();
            prop_assert_eq!(rows(&part), within);
            let active: BTreeSet<(u32, u32)> = part.active.iter().map(|of| (of.1, of.2)).collect();
            let expected: BTreeSet<(u32, u32)> = events
                .iter()
                .filter(|event| span.contains(&event.ts))
                .map(|event| (event.region, event.user))
                .collect();
            prop_assert_eq!(active, expected);
        }
    }
}
