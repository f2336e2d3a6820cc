//! One listening session, made so that its numbers are known: how long each play is heard and what ends it.
//!
//! The numbers are those of the extension's default rules. They are set down here where a session is made, and nowhere
//! counted from its events.

use super::random::Random;
use super::schedule::MICROS_PER_SECOND;

const SECOND: i64 = MICROS_PER_SECOND;
const MINUTE: i64 = 60 * SECOND;

/// A play without an end counts as long as this (`musicstream.max_listen`).
pub(super) const MAX_LISTEN: i64 = 15 * MINUTE;
/// A play of at least this length is a stream (`musicstream.stream_after`).
pub(super) const STREAM_AFTER: i64 = 30 * SECOND;
/// A session ends with a silence longer than this (`musicstream.session_gap`).
pub(super) const SESSION_GAP: i64 = 30 * MINUTE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Play(Heard),
    Pause,
    Stop,
}

/// What became of a play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    /// In microseconds.
    pub(super) length: i64,
    /// False if it went on, unheard of, until it stopped counting.
    pub(super) is_ended: bool,
}

impl Heard {
    pub(super) const WITHOUT_END: Heard = Heard {
        length: MAX_LISTEN,
        is_ended: false,
    };

    fn ended(length: i64) -> Heard {
        Heard {
            length,
            is_ended: true,
        }
    }
}

/// An event of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Microseconds after the session's first event.
    pub(super) at: i64,
    pub(super) act: Act,
    pub(super) is_new_song: bool,
}

/// The events of a session, at least one, in their order. None comes more than [`SESSION_GAP`] after the one before it.
pub(super) fn plan(random: &mut Random) -> Vec<Step> {
    let mut session = Session {
        at: 0,
        steps: Vec::new(),
    };
    if random.once_in(40) {
        // The end of something that began before our time.
        session.push(if random.once_in(2) {
            Act::Stop
        } else {
            Act::Pause
        });
        if random.once_in(4) {
            return session.steps;
        }
        session.at += silence(random);
    }
    let mut left = plays(random);
    let mut is_new_song = true;
    while left > 1 {
        is_new_song = session.push_play(random, is_new_song);
        left -= 1;
    }
    session.push_last_play(random, is_new_song);
    session.steps
}

struct Session {
    at: i64,
    steps: Vec<Step>,
}

impl Session {
    fn push(&mut self, act: Act) {
        self.push_step(act, false);
    }

    fn push_step(&mut self, act: Act, is_new_song: bool) {
        self.steps.push(Step {
            at: self.at,
            act,
            is_new_song,
        });
    }

    /// A play that others follow. Returns whether the next one has a new song.
    fn push_play(&mut self, random: &mut Random, is_new_song: bool) -> bool {
        match random.below(100) {
            0..3 => {
                // Its end got lost; the next event comes after the play stopped counting.
                self.push_step(Act::Play(Heard::WITHOUT_END), is_new_song);
                self.at += MAX_LISTEN + 1 + below(random, SESSION_GAP - MAX_LISTEN);
                if random.once_in(4) {
                    self.push(Act::Stop);
                    self.at += silence(random);
                }
                true
            }
            3 => {
                // Two plays at one instant: the one that the other ends is not heard at all.
                self.push_step(Act::Play(Heard::ended(0)), is_new_song);
                true
            }
            _ => {
                let length = heard(random);
                self.push_step(Act::Play(Heard::ended(length)), is_new_song);
                self.at += length;
                match random.below(10) {
                    // The next play ends it,
                    0..6 => true,
                    // or a stop at the instant at which the next one begins,
                    6 => {
                        self.push(Act::Stop);
                        true
                    }
                    // or there is silence between them.
                    7 => {
                        self.push(Act::Stop);
                        self.at += silence(random);
                        true
                    }
                    _ => {
                        self.push(Act::Pause);
                        self.at += silence(random);
                        false
                    }
                }
            }
        }
    }

    fn push_last_play(&mut self, random: &mut Random, is_new_song: bool) {
        let end = match random.below(20) {
            0..4 => {
                self.push_step(Act::Play(Heard::WITHOUT_END), is_new_song);
                return;
            }
            4..7 => Act::Pause,
            _ => Act::Stop,
        };
        let length = heard(random);
        self.push_step(Act::Play(Heard::ended(length)), is_new_song);
        self.at += length;
        self.push(end);
        if end == Act::Pause && random.once_in(3) {
            // A stop while nothing plays.
            self.at += silence(random);
            self.push(Act::Stop);
        }
    }
}

/// How many plays a session has: half of them at most four, few more than twenty.
fn plays(random: &mut Random) -> u64 {
    let mut plays = 1;
    while plays < 40 && !random.once_in(6) {
        plays += 1;
    }
    plays
}

/// How long a play is heard that an event ends. The limits of the rules are hit to the microsecond, too.
fn heard(random: &mut Random) -> i64 {
    match random.below(200) {
        0 => STREAM_AFTER,
        1 => STREAM_AFTER - 1,
        2 => MAX_LISTEN,
        3 => MAX_LISTEN - 1,
        // Skipped,
        4..60 => 1 + below(random, STREAM_AFTER - 1),
        // heard in part,
        60..90 => STREAM_AFTER + below(random, 90 * SECOND),
        // or whole.
        _ => 2 * MINUTE + below(random, 5 * MINUTE),
    }
}

/// A silence that does not end the session, mostly of a few minutes.
fn silence(random: &mut Random) -> i64 {
    if random.once_in(50) {
        return SESSION_GAP;
    }
    let most = 1 + below(random, SESSION_GAP);
    1 + below(random, most)
}

fn below(random: &mut Random, bound: i64) -> i64 {
    random.below(bound.unsigned_abs()) as i64
}
