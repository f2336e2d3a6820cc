//! Whole sessions, whose events are handed out in the order in which they arrive.
//!
//! Memory grows with the number of users and of late events, not with the count.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::draft::{Draft, MAX_DELAY_DAYS, MAX_DISORDER_SECONDS};
use crate::mix::{Kind, Mix};
use crate::plan::{Plan, Span};
use crate::population::{Population, new_event_id};
use crate::random::Random;
use crate::recent::Recent;
use crate::schedule::{MICROS_PER_DAY, MICROS_PER_SECOND, Schedule};
use crate::session::{self, Act, PlayLength, SESSION_GAP, Step};
use crate::truth::Truth;

/// Number of users drawn for a session; the one who is free first gets it.
const DRAWS: usize = 8;
/// One session in this many continues in another region.
const TRAVELS_ONCE_IN: u64 = 50;
/// One in this many users who are drawn while listening begins the next session at the first instant that the session
/// gap allows.
const EXACT_GAP_ONCE_IN: u64 = 8;
/// Time between a record and its duplicate, at most, unless an old record is repeated.
const MAX_RETRY_SECONDS: u64 = 60;

/// Generates the records of a plan as whole sessions, and sums the figures of these sessions.
pub(crate) struct Sessions {
    random: Random,
    /// Random numbers for duplicates, delays and malformed records. Separate from those of the sessions, so that the
    /// sessions do not depend on these shares.
    disorder: Random,
    mix: Mix,
    count: u64,
    /// Number of records generated so far.
    made: u64,
    /// Gives an instant for each event; a session begins at the instant of its first event.
    schedule: Schedule,
    until: i64,
    /// The latest instant that the schedule gave out. No later event lies before it.
    now: i64,
    is_over: bool,
    acts: Acts,
    population: Population,
    region_count: usize,
    /// By user: the time from which the next event begins another session.
    free_at: HashMap<u64, i64>,
    recent: Recent<(Draft, i64)>,
    waiting: BinaryHeap<Reverse<Waiting>>,
    truth: Truth,
}

/// Indices of the event types in the plan.
struct Acts {
    play: u16,
    pause: u16,
    stop: u16,
}

/// A record that has not arrived yet. Ordered by arrival, then by the order of generation.
#[derive(PartialEq, Eq)]
struct Waiting {
    arrival: i64,
    number: u64,
    draft: Draft,
    kind: Kind,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Waiting) -> std::cmp::Ordering {
        (self.arrival, self.number).cmp(&(other.arrival, other.number))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A user has one session at a time, and no user of a region can begin another one before the end of the span.
#[derive(Debug, thiserror::Error)]
#[error(
    "too few users for this number of sessions: all users of a region are in a session; raise --users, lower --count, or extend the span from --from to --until"
)]
pub struct TooFewUsers;

/// The plan is live, has no count, or lacks an event type.
#[derive(Debug, thiserror::Error)]
#[error("sessions need a span in the past, a count, and the event types play, pause and stop")]
pub struct NoSessions;

impl Sessions {
    /// # Errors
    /// The span is live, there is no count, or an event type is missing.
    pub(crate) fn new(plan: &Plan) -> Result<Sessions, NoSessions> {
        let Span::Between(from, until) = plan.span else {
            return Err(NoSessions);
        };
        let index_of = |name: &str| {
            let names = plan.event_types.iter();
            let index = names.map(|(name, _)| name).position(|other| other == name);
            index.map(|index| index as u16).ok_or(NoSessions)
        };
        let clocks = plan.regions.iter().map(|region| region.clock).collect();
        let count = plan.count.ok_or(NoSessions)?;
        let mix = Mix::new(plan.shares, plan.count);
        Ok(Sessions {
            random: Random::new(plan.seed),
            disorder: Random::new(!plan.seed),
            schedule: Schedule::new(clocks, from, until, mix.distinct()),
            mix,
            count,
            made: 0,
            until,
            now: from,
            is_over: false,
            acts: Acts {
                play: index_of("play")?,
                pause: index_of("pause")?,
                stop: index_of("stop")?,
            },
            population: Population::new(plan),
            region_count: plan.regions.len(),
            free_at: HashMap::new(),
            recent: Recent::default(),
            waiting: BinaryHeap::new(),
            truth: Truth::default(),
        })
    }

    /// The figures of all sessions generated so far, including events that `next` has not returned yet.
    pub(crate) fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The next record, or `None` after the last one.
    pub(crate) fn next(&mut self) -> Result<Option<(Draft, Kind)>, TooFewUsers> {
        loop {
            let is_due = |waiting: &Reverse<Waiting>| waiting.0.arrival <= self.now;
            if self.is_over || self.waiting.peek().is_some_and(is_due) {
                let next = self.waiting.pop();
                return Ok(next.map(|Reverse(waiting)| (waiting.draft, waiting.kind)));
            }
            self.make_session()?;
        }
    }

    fn make_session(&mut self) -> Result<(), TooFewUsers> {
        let Some(mut kind) = self.next_event() else {
            return Ok(());
        };
        let first_region = self.schedule.shares().draw(&mut self.random);
        let (user, start) = self.free_user(first_region)?;
        let device = self.population.device_of(&mut self.random, user);
        let mut steps = session::plan(&mut self.random);
        steps.retain(|step| start + step.at < self.until);
        let travel = self.travel(&steps);
        let mut region = first_region as u16;
        let mut song = self.population.song(&mut self.random);
        let mut made = Vec::with_capacity(steps.len());
        for (index, step) in steps.iter().enumerate() {
            if index > 0 {
                // The count is reached: the last session ends early.
                let Some(next) = self.next_event() else { break };
                kind = next;
            }
            if let Some((from, to)) = travel
                && from == index
            {
                region = to;
            }
            if step.is_new_song {
                song = self.population.song(&mut self.random);
            }
            let draft = Draft {
                event_id: new_event_id(&mut self.random),
                ts: start + step.at,
                user: self.population.user_id(user),
                song: self.population.song_id(song),
                event_type: match step.act {
                    Act::Play(_) => self.acts.play,
                    Act::Pause => self.acts.pause,
                    Act::Stop => self.acts.stop,
                },
                region,
                device,
            };
            self.send(draft, kind);
            made.push((draft, step.act));
        }
        self.add_to_truth(&made);
        if let Some((last, _)) = made.last() {
            self.free_at.insert(user, last.ts + SESSION_GAP + 1);
        }
        Ok(())
    }

    /// The kind of the next event; also generates the duplicates and malformed records before it. `None` once the count is
    /// reached.
    fn next_event(&mut self) -> Option<Kind> {
        while self.made < self.count {
            let can_repeat = !self.recent.is_empty();
            let kind = self.mix.next(&mut self.disorder, |kind| {
                kind != Kind::Duplicate || can_repeat
            });
            match kind {
                Kind::Duplicate => {
                    let (draft, arrived) = self.recent.pick(&mut self.disorder);
                    let most = MAX_RETRY_SECONDS * MICROS_PER_SECOND as u64;
                    let arrival = arrived.max(self.now) + self.disorder.below(most) as i64;
                    self.wait(draft, kind, arrival);
                }
                Kind::Malformed => {
                    let draft = self.unrelated_event();
                    self.wait(draft, kind, self.now);
                }
                Kind::Regular | Kind::Late | Kind::OutOfOrder => {
                    self.now = self.schedule.next(&mut self.random).unwrap_or(self.now);
                    return Some(kind);
                }
            }
        }
        self.is_over = true;
        None
    }

    /// A valid event outside of any session, from which a malformed record is made.
    fn unrelated_event(&mut self) -> Draft {
        let random = &mut self.disorder;
        let region = random.index(self.region_count);
        let user = self.population.user(random, region);
        let song = self.population.song(random);
        Draft {
            event_id: new_event_id(random),
            ts: self.now,
            user: self.population.user_id(user),
            song: self.population.song_id(song),
            event_type: self.acts.play,
            region: region as u16,
            device: self.population.device_of(random, user),
        }
    }

    /// A user, and when the session begins: now, or as soon as a user of the region is free.
    fn free_user(&mut self, region: usize) -> Result<(u64, i64), TooFewUsers> {
        let mut first = None;
        for _ in 0..DRAWS {
            let user = self.population.user(&mut self.random, region);
            let free_at = self.free_at(user);
            if free_at <= self.now {
                return Ok((user, self.now));
            }
            if free_at < self.until && self.random.once_in(EXACT_GAP_ONCE_IN) {
                return Ok((user, free_at));
            }
            if first.is_none_or(|(_, first)| free_at < first) {
                first = Some((user, free_at));
            }
        }
        let is_in_time = |(_, start): &(u64, i64)| *start < self.until;
        if let Some(found) = first.filter(is_in_time) {
            return Ok(found);
        }
        let users = self.population.users(region);
        let all = users.map(|user| (user, self.free_at(user).max(self.now)));
        let first = all.min_by_key(|(_, start)| *start);
        first.filter(is_in_time).ok_or(TooFewUsers)
    }

    fn free_at(&self, user: u64) -> i64 {
        self.free_at.get(&user).copied().unwrap_or(i64::MIN)
    }

    /// The step from which the session continues in another region, and that region. Never between two events of one
    /// instant: their order is that of their event ids.
    fn travel(&mut self, steps: &[Step]) -> Option<(usize, u16)> {
        if self.region_count < 2 || steps.len() < 2 || !self.random.once_in(TRAVELS_ONCE_IN) {
            return None;
        }
        let from = 1 + self.random.index(steps.len() - 1);
        let region = self.random.index(self.region_count) as u16;
        (steps[from].at > steps[from - 1].at).then_some((from, region))
    }

    /// Queues an event with its delay: days for a late one, seconds or minutes for one out of order.
    fn send(&mut self, draft: Draft, kind: Kind) {
        let random = &mut self.disorder;
        let delay = match kind {
            Kind::Late => {
                let most = MAX_DELAY_DAYS as u64;
                let days = 1 + random.below(most).min(random.below(most)) as i64;
                days * MICROS_PER_DAY + random.below(3_600 * MICROS_PER_SECOND as u64) as i64
            }
            Kind::OutOfOrder => {
                let most = MAX_DISORDER_SECONDS * MICROS_PER_SECOND as u64;
                MICROS_PER_SECOND + random.below(most) as i64
            }
            Kind::Regular | Kind::Duplicate | Kind::Malformed => 0,
        };
        let arrival = draft.ts + delay;
        self.recent.push((draft, arrival));
        self.wait(draft, kind, arrival);
    }

    fn wait(&mut self, draft: Draft, kind: Kind, arrival: i64) {
        self.waiting.push(Reverse(Waiting {
            arrival,
            number: self.made,
            draft,
            kind,
        }));
        self.made += 1;
    }

    /// Adds a session to the truth. If it was cut short, its last play has no end.
    fn add_to_truth(&mut self, made: &[(Draft, Act)]) {
        let Some((first, _)) = made.first() else {
            return;
        };
        self.truth.add_session(first.ts, first.region);
        for (index, (draft, act)) in made.iter().enumerate() {
            if let Act::Play(play) = act {
                let is_last = index + 1 == made.len();
                let play = if is_last {
                    PlayLength::WITHOUT_END
                } else {
                    *play
                };
                self.truth.add_play(draft.ts, draft.region, play);
            }
        }
    }
}
