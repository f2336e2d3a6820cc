//! Events whose types follow weights, generated one at a time; memory does not grow with the count.

use crate::draft::{Draft, MAX_DELAY_DAYS, MAX_DISORDER_SECONDS};
use crate::mix::{Kind, Mix};
use crate::plan::{Plan, Span};
use crate::population::{Population, new_event_id};
use crate::random::{Random, Weighted};
use crate::recent::Recent;
use crate::schedule::{MICROS_PER_DAY, MICROS_PER_SECOND, RegionClock, Schedule};

/// Sessions kept open in a region, at most.
const MAX_SESSIONS: u64 = 4_096;
/// Seconds between two events of a session, on average.
const SESSION_PACE_SECONDS: u64 = 120;
/// A span of at most two days has no room for late events, which may then lie this far before its beginning.
const REACH_BACK_DAYS: i64 = 3;

/// Generates the records of a plan.
pub(crate) struct WeightedEvents {
    random: Random,
    mix: Mix,
    clock: Clock,
    roles: Vec<Role>,
    event_types: Weighted,
    population: Population,
    /// The open sessions of each region.
    sessions: Vec<Vec<Session>>,
    /// The earliest allowed instant of an event.
    earliest: i64,
    /// The latest instant so far.
    latest: i64,
    first: i64,
    recent: Recent<Draft>,
}

enum Clock {
    Span(Schedule),
    Live {
        shares: Schedule,
        events_per_second: u64,
        /// The instant for which the regions' shares were computed.
        shares_of: Option<i64>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Play,
    Pause,
    Stop,
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Session {
    user: u64,
    song: u64,
    device: Option<u8>,
    is_paused: bool,
}

impl WeightedEvents {
    /// `now`, in microseconds since 1970, is used for a live span only.
    pub(crate) fn new(plan: &Plan, now: i64) -> WeightedEvents {
        let clocks: Vec<RegionClock> = plan.regions.iter().map(|region| region.clock).collect();
        let (clock, first, earliest) = match plan.span {
            Span::Between(from, until) => {
                let reach = if until - from > 2 * MICROS_PER_DAY {
                    0
                } else {
                    REACH_BACK_DAYS * MICROS_PER_DAY
                };
                let schedule = Schedule::new(clocks, from, until, plan.count.unwrap_or(0));
                (Clock::Span(schedule), from, from - reach)
            }
            Span::Live { events_per_second } => {
                let shares = Schedule::new(clocks, now, now + 1, 0);
                let clock = Clock::Live {
                    shares,
                    events_per_second,
                    shares_of: None,
                };
                (clock, now, now - MAX_DELAY_DAYS * MICROS_PER_DAY)
            }
        };
        WeightedEvents {
            random: Random::new(plan.seed),
            mix: Mix::new(plan.shares, plan.count),
            clock,
            roles: plan
                .event_types
                .iter()
                .map(|(name, _)| Role::of(name))
                .collect(),
            event_types: Weighted::new(plan.event_types.iter().map(|(_, weight)| *weight)),
            population: Population::new(plan),
            sessions: vec![Vec::new(); plan.regions.len()],
            earliest,
            latest: first,
            first,
            recent: Recent::default(),
        }
    }

    /// The next record, or `None` after the last one. `now` is called for a live span only.
    pub(crate) fn next(&mut self, now: impl FnOnce() -> i64) -> Option<(Draft, Kind)> {
        let ts = match &mut self.clock {
            Clock::Span(schedule) => schedule.next(&mut self.random)?,
            Clock::Live {
                shares, shares_of, ..
            } => {
                let ts = now();
                // The range has a lower bound because the clock may have been set back.
                let is_current =
                    shares_of.is_some_and(|set| (0..=60 * MICROS_PER_SECOND).contains(&(ts - set)));
                if !is_current {
                    shares.move_to(ts);
                    *shares_of = Some(ts);
                }
                ts
            }
        };
        let disorder_is_possible = self.latest - self.first > MICROS_PER_SECOND;
        let late_is_possible = day(ts) > day(self.earliest);
        let can_repeat = !self.recent.is_empty();
        let kind = self.mix.next(&mut self.random, |kind| match kind {
            Kind::Duplicate => can_repeat,
            Kind::Late => late_is_possible,
            Kind::OutOfOrder => disorder_is_possible,
            Kind::Regular | Kind::Malformed => true,
        });
        let draft = match kind {
            Kind::Duplicate => self.recent.pick(&mut self.random),
            Kind::Late => {
                let ts = self.late(ts);
                self.event(ts, false)
            }
            Kind::OutOfOrder => {
                let ts = self.disordered();
                self.event(ts, true)
            }
            Kind::Regular | Kind::Malformed => {
                self.latest = self.latest.max(ts);
                self.event(ts, true)
            }
        };
        if matches!(kind, Kind::Regular | Kind::Late | Kind::OutOfOrder) {
            self.recent.push(draft);
        }
        Some((draft, kind))
    }

    /// An instant on an earlier UTC day; recent days are more likely.
    fn late(&mut self, ts: i64) -> i64 {
        let most = (day(ts) - day(self.earliest)).min(MAX_DELAY_DAYS) as u64;
        let days = 1 + self.random.below(most).min(self.random.below(most));
        let earlier = ts
            - days as i64 * MICROS_PER_DAY
            - self.random.below(3_600 * MICROS_PER_SECOND as u64) as i64;
        earlier.max(self.earliest)
    }

    /// An instant some seconds to minutes before the latest one; short distances are more likely.
    fn disordered(&mut self) -> i64 {
        let most = 1 + self
            .random
            .below(MAX_DISORDER_SECONDS * MICROS_PER_SECOND as u64);
        let back = MICROS_PER_SECOND + self.random.below(most) as i64;
        (self.latest - back).max(self.first)
    }

    fn event(&mut self, ts: i64, in_session: bool) -> Draft {
        let event_type = self.event_types.draw(&mut self.random);
        let (region, target) = self.region();
        let session = if in_session {
            self.session_event(region, self.roles[event_type], target)
        } else {
            self.new_session(region)
        };
        Draft {
            event_id: new_event_id(&mut self.random),
            ts,
            user: self.population.user_id(session.user),
            song: self.population.song_id(session.song),
            event_type: event_type as u16,
            region: region as u16,
            device: session.device,
        }
    }

    /// A region, by its activity at this instant, and how many sessions it should have open.
    fn region(&mut self) -> (usize, u64) {
        let (schedule, pace) = match &self.clock {
            Clock::Span(schedule) => (schedule, schedule.events_per_second()),
            Clock::Live {
                shares,
                events_per_second,
                ..
            } => (shares, *events_per_second),
        };
        let region = schedule.shares().draw(&mut self.random);
        let target = pace.saturating_mul(SESSION_PACE_SECONDS) / self.sessions.len() as u64;
        (region, target.clamp(1, MAX_SESSIONS))
    }

    /// Applies the event's type to one of the region's sessions. The type is drawn before the session, so that the
    /// weights are met whichever sessions are open.
    fn session_event(&mut self, region: usize, role: Role, target: u64) -> Session {
        let open = self.sessions[region].len();
        if open == 0 || (role == Role::Play && (open as u64) < target) {
            let session = self.new_session(region);
            // A stop without an open session ends one that began before the span.
            if role != Role::Stop {
                self.sessions[region].push(Session {
                    is_paused: role == Role::Pause,
                    ..session
                });
            }
            return session;
        }
        let chosen = self.random.index(open);
        match role {
            Role::Stop => return self.sessions[region].swap_remove(chosen),
            Role::Pause => self.sessions[region][chosen].is_paused = true,
            Role::Play => {
                let current = self.sessions[region][chosen];
                self.sessions[region][chosen] = if current.is_paused {
                    Session {
                        is_paused: false,
                        ..current
                    }
                } else if self.random.once_in(12) {
                    // This session ended without a stop, and another one begins.
                    self.new_session(region)
                } else {
                    Session {
                        song: self.population.song(&mut self.random),
                        ..current
                    }
                };
            }
            Role::Other => {}
        }
        self.sessions[region][chosen]
    }

    fn new_session(&mut self, region: usize) -> Session {
        let user = self.population.user(&mut self.random, region);
        Session {
            user,
            song: self.population.song(&mut self.random),
            device: self.population.device_of(&mut self.random, user),
            is_paused: false,
        }
    }
}

fn day(ts: i64) -> i64 {
    ts.div_euclid(MICROS_PER_DAY)
}

impl Role {
    fn of(event_type: &str) -> Role {
        match event_type {
            "play" => Role::Play,
            "pause" => Role::Pause,
            "stop" => Role::Stop,
            _ => Role::Other,
        }
    }
}
