//! Whole sessions one after the other, written down in the order in which their events arrive.
//!
//! Memory grows with the users and with what is late, not with the count.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::cast::{Cast, new_event_id};
use super::mix::{Kind, Mix};
use super::model::{Draft, LATEST_ARRIVAL_DAYS, MAX_DISORDER_SECONDS};
use super::plan::{Plan, Span};
use super::random::Random;
use super::recent::Recent;
use super::schedule::{MICROS_PER_DAY, MICROS_PER_SECOND, Schedule};
use super::session::{self, Act, Heard, SESSION_GAP, Step};
use super::truth::Truth;

/// Users that are drawn for a session before the first is taken who becomes free.
const DRAWS: usize = 8;
/// One session in so many goes on in another region.
const TRAVELS_ONCE_IN: u64 = 50;
/// One in so many users that are drawn while they listen begins another session at the first instant at which it is one.
const TRIES_THE_GAP_ONCE_IN: u64 = 8;
/// Between a record and its duplicate at most, where it is not one from long ago.
const MAX_RETRY_SECONDS: u64 = 60;

/// Makes the records of a plan as whole sessions, and knows their numbers.
pub(super) struct Sessions {
    random: Random,
    /// Decides about duplicates, delays and malformed records, so that the sessions are the same without them.
    disorder: Random,
    mix: Mix,
    count: u64,
    /// Records made so far.
    made: u64,
    /// An instant for each event; a session begins at the first of its own.
    schedule: Schedule,
    until: i64,
    /// The last instant of the schedule. No event that is still to be made lies before it.
    now: i64,
    is_over: bool,
    acts: Acts,
    cast: Cast,
    region_count: usize,
    /// From when on a user's next event begins another session.
    free_at: HashMap<u64, i64>,
    recent: Recent<(Draft, i64)>,
    waiting: BinaryHeap<Reverse<Waiting>>,
    truth: Truth,
}

/// Places of the event types in the plan.
struct Acts {
    play: u16,
    pause: u16,
    stop: u16,
}

/// A record on its way; the first to arrive comes first, of several the first that was made.
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

/// The sessions of one user lie apart, and none of a region's users can begin another one before the end of the span.
#[derive(Debug, thiserror::Error)]
#[error(
    "too few users for so many sessions: all users of a region are listening; raise --users, lower --count, or let --from and --until lie further apart"
)]
pub(super) struct TooFewUsers;

impl Sessions {
    /// `None` for a live span, without a count, or if an event type is missing.
    pub(super) fn new(plan: &Plan) -> Option<Sessions> {
        let Span::Between(from, until) = plan.span else {
            return None;
        };
        let place = |name: &str| {
            let names = plan.event_types.iter();
            let place = names.map(|(name, _)| name).position(|other| other == name);
            place.map(|place| place as u16)
        };
        let clocks = plan.regions.iter().map(|region| region.clock).collect();
        let count = plan.count?;
        let mix = Mix::new(plan.shares, plan.count);
        Some(Sessions {
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
                play: place("play")?,
                pause: place("pause")?,
                stop: place("stop")?,
            },
            cast: Cast::new(plan),
            region_count: plan.regions.len(),
            free_at: HashMap::new(),
            recent: Recent::default(),
            waiting: BinaryHeap::new(),
            truth: Truth::default(),
        })
    }

    /// The numbers of all that was made. Records that wait to be handed out are in it.
    pub(super) fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The next record, or `None` after the last one.
    pub(super) fn next(&mut self) -> Result<Option<(Draft, Kind)>, TooFewUsers> {
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
        let device = self.cast.device_of(&mut self.random, user);
        let mut steps = session::plan(&mut self.random);
        steps.retain(|step| start + step.at < self.until);
        let travel = self.travel(&steps);
        let mut region = first_region as u16;
        let mut song = self.cast.song(&mut self.random);
        let mut made = Vec::with_capacity(steps.len());
        for (place, step) in steps.iter().enumerate() {
            if place > 0 {
                // The session is the last one, and ends where the count does.
                let Some(next) = self.next_event() else { break };
                kind = next;
            }
            if let Some((from, to)) = travel
                && from == place
            {
                region = to;
            }
            if step.is_new_song {
                song = self.cast.song(&mut self.random);
            }
            let draft = Draft {
                event_id: new_event_id(&mut self.random),
                ts: start + step.at,
                user: self.cast.user_id(user),
                song: self.cast.song_id(song),
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
        self.set_down(&made);
        if let Some((last, _)) = made.last() {
            self.free_at.insert(user, last.ts + SESSION_GAP + 1);
        }
        Ok(())
    }

    /// The kind of the next event. Duplicates and malformed records that come before it are made, too. `None` once there
    /// are as many records as were asked for.
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
                    let draft = self.meaningless();
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

    /// An event that could have been, to be spoilt.
    fn meaningless(&mut self) -> Draft {
        let random = &mut self.disorder;
        let region = random.index(self.region_count);
        let user = self.cast.user(random, region);
        let song = self.cast.song(random);
        Draft {
            event_id: new_event_id(random),
            ts: self.now,
            user: self.cast.user_id(user),
            song: self.cast.song_id(song),
            event_type: self.acts.play,
            region: region as u16,
            device: self.cast.device_of(random, user),
        }
    }

    /// A user and when the session begins: now, or as soon as somebody may begin another one.
    fn free_user(&mut self, region: usize) -> Result<(u64, i64), TooFewUsers> {
        let mut first = None;
        for _ in 0..DRAWS {
            let user = self.cast.user(&mut self.random, region);
            let free_at = self.free_at(user);
            if free_at <= self.now {
                return Ok((user, self.now));
            }
            if free_at < self.until && self.random.once_in(TRIES_THE_GAP_ONCE_IN) {
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
        let users = self.cast.users(region);
        let all = users.map(|user| (user, self.free_at(user).max(self.now)));
        let first = all.min_by_key(|(_, start)| *start);
        first.filter(is_in_time).ok_or(TooFewUsers)
    }

    fn free_at(&self, user: u64) -> i64 {
        self.free_at.get(&user).copied().unwrap_or(i64::MIN)
    }

    /// From which step on a session has another region, and which. Never between two events of one instant: of these the
    /// event ids decide which comes first.
    fn travel(&mut self, steps: &[Step]) -> Option<(usize, u16)> {
        if self.region_count < 2 || steps.len() < 2 || !self.random.once_in(TRAVELS_ONCE_IN) {
            return None;
        }
        let from = 1 + self.random.index(steps.len() - 1);
        let region = self.random.index(self.region_count) as u16;
        (steps[from].at > steps[from - 1].at).then_some((from, region))
    }

    /// Sends an event on its way; late ones take days, and those out of order seconds or minutes.
    fn send(&mut self, draft: Draft, kind: Kind) {
        let random = &mut self.disorder;
        let delay = match kind {
            Kind::Late => {
                let most = LATEST_ARRIVAL_DAYS as u64;
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

    /// Adds a session to the truth. One that was cut short before its end ends with its last event.
    fn set_down(&mut self, made: &[(Draft, Act)]) {
        let Some((first, _)) = made.first() else {
            return;
        };
        self.truth.add_session(first.ts, first.region);
        for (place, (draft, act)) in made.iter().enumerate() {
            if let Act::Play(heard) = act {
                let is_last = place + 1 == made.len();
                let heard = if is_last { Heard::WITHOUT_END } else { *heard };
                self.truth.add_play(draft.ts, draft.region, heard);
            }
        }
    }
}
