//! One listening session whose figures are known: how long each play lasts, and what ends it.
//!
//! The figures follow the extension's default rules. They are decided here, when the session is made, and never counted
//! from its events: a test that compares them with a count is independent of it.

use crate::random::Random;
use crate::schedule::MICROS_PER_SECOND;

const SECOND: i64 = MICROS_PER_SECOND;
const MINUTE: i64 = 60 * SECOND;

/// A play whose end is unknown counts this long (`musicstream.max_listen`).
pub(crate) const MAX_LISTEN: i64 = 15 * MINUTE;
/// A play of at least this length is a stream (`musicstream.stream_after`).
pub(crate) const STREAM_AFTER: i64 = 30 * SECOND;
/// A session ends with a silence longer than this (`musicstream.session_gap`).
pub(crate) const SESSION_GAP: i64 = 30 * MINUTE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Play(PlayLength),
    Pause,
    Stop,
}

/// The length of a play, and whether an event ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlayLength {
    /// Microseconds.
    pub(crate) length: i64,
    /// False if no event ended it, so that it counts [`MAX_LISTEN`].
    pub(crate) is_ended: bool,
}

impl PlayLength {
    pub(crate) const WITHOUT_END: PlayLength = PlayLength {
        length: MAX_LISTEN,
        is_ended: false,
    };

    fn ended(length: i64) -> PlayLength {
        PlayLength {
            length,
            is_ended: true,
        }
    }
}

/// An event of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// Microseconds after the session's first event.
    pub(crate) at: i64,
    pub(crate) act: Act,
    pub(crate) is_new_song: bool,
}

/// The events of a session in order, at least one. None comes more than [`SESSION_GAP`] after the one before it.
pub(crate) fn plan(random: &mut Random) -> Vec<Step> {
    let mut session = Session {
        at: 0,
        steps: Vec::new(),
    };
    if random.once_in(40) {
        // The end of a play that began before the span.
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
                // The event that ended it is missing; the next one comes after the play stopped counting.
                self.push_step(Act::Play(PlayLength::WITHOUT_END), is_new_song);
                self.at += MAX_LISTEN + 1 + below(random, SESSION_GAP - MAX_LISTEN);
                if random.once_in(4) {
                    self.push(Act::Stop);
                    self.at += silence(random);
                }
                true
            }
            3 => {
                // Two plays at one instant: the first has length 0.
                self.push_step(Act::Play(PlayLength::ended(0)), is_new_song);
                true
            }
            _ => {
                let length = play_length(random);
                self.push_step(Act::Play(PlayLength::ended(length)), is_new_song);
                self.at += length;
                match random.below(10) {
                    // The next play ends this one.
                    0..6 => true,
                    // A stop at the instant at which the next play begins.
                    6 => {
                        self.push(Act::Stop);
                        true
                    }
                    // A stop, then silence.
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
                self.push_step(Act::Play(PlayLength::WITHOUT_END), is_new_song);
                return;
            }
            4..7 => Act::Pause,
            _ => Act::Stop,
        };
        let length = play_length(random);
        self.push_step(Act::Play(PlayLength::ended(length)), is_new_song);
        self.at += length;
        self.push(end);
        if end == Act::Pause && random.once_in(3) {
            // A stop although nothing plays.
            self.at += silence(random);
            self.push(Act::Stop);
        }
    }
}

/// How many plays a session has: half of the sessions at most four, few more than twenty.
fn plays(random: &mut Random) -> u64 {
    let mut plays = 1;
    while plays < 40 && !random.once_in(6) {
        plays += 1;
    }
    plays
}

/// The length of a play that an event ends. Lengths include the exact limits of the rules and one microsecond less.
fn play_length(random: &mut Random) -> i64 {
    match random.below(200) {
        0 => STREAM_AFTER,
        1 => STREAM_AFTER - 1,
        2 => MAX_LISTEN,
        3 => MAX_LISTEN - 1,
        // A skip.
        4..60 => 1 + below(random, STREAM_AFTER - 1),
        // Played in part.
        60..90 => STREAM_AFTER + below(random, 90 * SECOND),
        // Played to its end.
        _ => 2 * MINUTE + below(random, 5 * MINUTE),
    }
}

/// A silence within a session: mostly a few minutes, sometimes exactly the session gap.
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
