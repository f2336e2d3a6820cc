//! The listeners: who plays what, where and when. Pure; one record at a time, memory that does not grow with the count.

use super::mix::{Kind, Mix, Shares};
use super::random::{HeavyTail, Random, Weighted, mixed};
use super::schedule::{MICROS_PER_DAY, MICROS_PER_SECOND, RegionClock, Schedule};

/// How many of the last events a duplicate may repeat.
const REMEMBERED: usize = 16_384;
/// Most sessions kept open in a region.
const MAX_SESSIONS: u64 = 4_096;
/// Seconds between two events of a session, on average.
const SESSION_PACE_SECONDS: u64 = 120;
const LATEST_ARRIVAL_DAYS: i64 = 7;
/// How far before its own beginning a span too short for it may reach back for late events.
const REACH_BACK_DAYS: i64 = 3;
const MAX_DISORDER_SECONDS: u64 = 300;

/// Devices and how common they are.
pub(super) const DEVICES: [(&str, u64); 7] = [
    ("ios", 29),
    ("android", 31),
    ("web", 18),
    ("mac", 7),
    ("windows", 7),
    ("tv", 4),
    ("speaker", 4),
];

/// What the model is asked for.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) seed: u64,
    /// Without a count it goes on for ever.
    pub(super) count: Option<u64>,
    pub(super) span: Span,
    pub(super) users: u32,
    pub(super) songs: u32,
    /// Event types and their weights.
    pub(super) event_types: Vec<(String, u64)>,
    pub(super) regions: Vec<Region>,
    pub(super) shares: Shares,
}

/// The time that the events are spread over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// From the first instant to before the second, in microseconds since 1970; needs a count.
    Between(i64, i64),
    /// Each event happens as it is made, about so many a second.
    Live { events_a_second: u64 },
}

#[derive(Debug, Clone)]
pub(super) struct Region {
    pub(super) name: String,
    pub(super) clock: RegionClock,
}

/// An event before it is written down; names are indices into the plan and [`DEVICES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) event_id: u128,
    /// Microseconds since 1970-01-01 UTC.
    pub(super) ts: i64,
    pub(super) user: u64,
    pub(super) song: u64,
    pub(super) event_type: u16,
    pub(super) region: u16,
    pub(super) device: Option<u8>,
}

/// Makes the records of a plan.
pub(super) struct Model {
    random: Random,
    mix: Mix,
    clock: Clock,
    roles: Vec<Role>,
    event_types: Weighted,
    listeners: Vec<Listeners>,
    devices: Weighted,
    user_ids: Scatter,
    song_ids: Scatter,
    songs: HeavyTail,
    seed: u64,
    /// The earliest instant that an event may be given.
    earliest: i64,
    /// The latest instant given so far.
    latest: i64,
    first: i64,
    remembered: Vec<Draft>,
    next_remembered: usize,
}

enum Clock {
    Span(Schedule),
    Live {
        shares: Schedule,
        events_a_second: u64,
        /// When the regions' shares were last set.
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

/// The users of one region and their open sessions.
struct Listeners {
    first_user: u64,
    activity: HeavyTail,
    sessions: Vec<Session>,
}

#[derive(Debug, Clone, Copy)]
struct Session {
    user: u64,
    song: u64,
    device: Option<u8>,
    is_paused: bool,
}

impl Model {
    /// `now`: microseconds since 1970, for the plan of a live span only.
    pub(super) fn new(plan: &Plan, now: i64) -> Model {
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
            Span::Live { events_a_second } => {
                let shares = Schedule::new(clocks, now, now + 1, 0);
                let clock = Clock::Live {
                    shares,
                    events_a_second,
                    shares_of: None,
                };
                (clock, now, now - LATEST_ARRIVAL_DAYS * MICROS_PER_DAY)
            }
        };
        Model {
            random: Random::new(plan.seed),
            mix: Mix::new(plan.shares, plan.count),
            clock,
            roles: plan
                .event_types
                .iter()
                .map(|(name, _)| Role::of(name))
                .collect(),
            event_types: Weighted::new(plan.event_types.iter().map(|(_, weight)| *weight)),
            listeners: listeners(plan),
            devices: Weighted::new(DEVICES.map(|(_, weight)| weight)),
            user_ids: Scatter::new(u64::from(plan.users)),
            song_ids: Scatter::new(u64::from(plan.songs)),
            // The best loved songs share the top rather than one of them towering over all.
            songs: HeavyTail::new(u64::from(plan.songs), 10),
            seed: plan.seed,
            earliest,
            latest: first,
            first,
            remembered: Vec::with_capacity(REMEMBERED),
            next_remembered: 0,
        }
    }

    /// The next record, or `None` after the last one. `now` is asked only in a live span.
    pub(super) fn next(&mut self, now: impl FnOnce() -> i64) -> Option<(Draft, Kind)> {
        let ts = match &mut self.clock {
            Clock::Span(schedule) => schedule.next(&mut self.random)?,
            Clock::Live {
                shares, shares_of, ..
            } => {
                let ts = now();
                // Also if the clock was set back.
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
        let can_repeat = !self.remembered.is_empty();
        let kind = self.mix.next(&mut self.random, |kind| match kind {
            Kind::Duplicate => can_repeat,
            Kind::Late => late_is_possible,
            Kind::OutOfOrder => disorder_is_possible,
            Kind::Regular | Kind::Malformed => true,
        });
        let draft = match kind {
            Kind::Duplicate => self.repeated(),
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
            self.remember(draft);
        }
        Some((draft, kind))
    }

    fn remember(&mut self, draft: Draft) {
        if self.remembered.len() < REMEMBERED {
            self.remembered.push(draft);
        } else {
            self.remembered[self.next_remembered] = draft;
        }
        self.next_remembered = (self.next_remembered + 1) % REMEMBERED;
    }

    /// Mostly one of the last few events, as retries are, and sometimes one from long ago.
    fn repeated(&mut self) -> Draft {
        let count = self.remembered.len();
        let reach = if self.random.once_in(8) {
            count
        } else {
            count.min(64)
        };
        let back = 1 + self.random.index(reach);
        self.remembered[(self.next_remembered + count - back) % count]
    }

    /// An instant on an earlier UTC day; fewer days back are more likely.
    fn late(&mut self, ts: i64) -> i64 {
        let most = (day(ts) - day(self.earliest)).min(LATEST_ARRIVAL_DAYS) as u64;
        let days = 1 + self.random.below(most).min(self.random.below(most));
        let earlier = ts
            - days as i64 * MICROS_PER_DAY
            - self.random.below(3_600 * MICROS_PER_SECOND as u64) as i64;
        earlier.max(self.earliest)
    }

    /// Seconds to minutes before what came last; fewer are more likely.
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
            event_id: self.new_event_id(),
            ts,
            user: self.user_ids.scattered(session.user),
            song: self.song_ids.scattered(session.song),
            event_type: event_type as u16,
            region: region as u16,
            device: session.device,
        }
    }

    /// A region by its activity now, and how many sessions it should have open.
    fn region(&mut self) -> (usize, u64) {
        let (schedule, pace) = match &self.clock {
            Clock::Span(schedule) => (schedule, schedule.events_a_second()),
            Clock::Live {
                shares,
                events_a_second,
                ..
            } => (shares, *events_a_second),
        };
        let region = schedule.shares().draw(&mut self.random);
        let target = pace.saturating_mul(SESSION_PACE_SECONDS) / self.listeners.len() as u64;
        (region, target.clamp(1, MAX_SESSIONS))
    }

    /// Lets some session of the region do what the event's type says; the type is drawn first, so that the weights
    /// hold whatever sessions there are.
    fn session_event(&mut self, region: usize, role: Role, target: u64) -> Session {
        let open = self.listeners[region].sessions.len();
        if open == 0 || (role == Role::Play && (open as u64) < target) {
            let session = self.new_session(region);
            // A stop without a session is that of one which began before our time.
            if role != Role::Stop {
                self.listeners[region].sessions.push(Session {
                    is_paused: role == Role::Pause,
                    ..session
                });
            }
            return session;
        }
        let chosen = self.random.index(open);
        match role {
            Role::Stop => return self.listeners[region].sessions.swap_remove(chosen),
            Role::Pause => self.listeners[region].sessions[chosen].is_paused = true,
            Role::Play => {
                let current = self.listeners[region].sessions[chosen];
                self.listeners[region].sessions[chosen] = if current.is_paused {
                    Session {
                        is_paused: false,
                        ..current
                    }
                } else if self.random.once_in(12) {
                    // Someone left without a word, and someone else began.
                    self.new_session(region)
                } else {
                    Session {
                        song: self.songs.draw(&mut self.random),
                        ..current
                    }
                };
            }
            Role::Other => {}
        }
        self.listeners[region].sessions[chosen]
    }

    fn new_session(&mut self, region: usize) -> Session {
        let listeners = &self.listeners[region];
        let user = listeners.first_user + listeners.activity.draw(&mut self.random);
        Session {
            user,
            song: self.songs.draw(&mut self.random),
            device: self.device_of(user),
            is_paused: false,
        }
    }

    /// Mostly the user's own device; some clients do not say.
    fn device_of(&mut self, user: u64) -> Option<u8> {
        match self.random.below(100) {
            0 => None,
            1..=14 => Some(self.devices.draw(&mut self.random) as u8),
            _ => {
                let mut scatter = user ^ self.seed.rotate_left(32);
                Some(self.devices.draw(&mut Random::new(mixed(&mut scatter))) as u8)
            }
        }
    }

    /// A UUID of version 4, from our own random numbers.
    fn new_event_id(&mut self) -> u128 {
        let random = u128::from(self.random.next()) << 64 | u128::from(self.random.next());
        random & !(0xf000 << 64 | 0xc000 << 48) | 0x4000 << 64 | 0x8000 << 48
    }
}

fn day(ts: i64) -> i64 {
    ts.div_euclid(MICROS_PER_DAY)
}

/// Gives each region its part of the users, by weight; at least one.
fn listeners(plan: &Plan) -> Vec<Listeners> {
    let users = u64::from(plan.users);
    let total: u64 = plan.regions.iter().map(|region| region.clock.weight).sum();
    let mut passed = 0;
    plan.regions
        .iter()
        .map(|region| {
            let first_user = (users * passed / total).min(users - 1);
            passed += region.clock.weight;
            let count = (users * passed / total).saturating_sub(first_user).max(1);
            // One listener in a thousand makes a good part of the noise, and no one makes a tenth of it.
            let activity = HeavyTail::new(count, count / 1_000 + 1);
            Listeners {
                first_user,
                activity,
                sessions: Vec::new(),
            }
        })
        .collect()
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

/// Maps ranks to identifiers one to one, so that the most active users are not the lowest numbers.
#[derive(Debug, Clone, Copy)]
struct Scatter {
    count: u64,
    factor: u64,
}

impl Scatter {
    fn new(count: u64) -> Scatter {
        let mut factor = count / 8 * 5 + 1;
        while greatest_common_divisor(factor, count) != 1 {
            factor += 1;
        }
        Scatter { count, factor }
    }

    /// From 1 to the count.
    fn scattered(&self, rank: u64) -> u64 {
        (rank % self.count * self.factor + self.count / 3) % self.count + 1
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
