//! The model: the specified behaviour of the extension, implemented in the simplest way.

use std::collections::BTreeMap;

use super::listening::{ListenerDays, Listening, listener_days, listening};
use super::program::{EVENT_TYPES, REGIONS, Row, SOURCES};

/// Seconds since 1970.
pub(super) type Time = i64;
const DAY: Time = 86_400;
const MINUTE: Time = 60;
/// The defaults of the settings.
const DEDUP_WINDOW: Time = 3600;
const LATENESS: Time = 3600;

/// A complete event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub(super) id: u16,
    pub(super) user: u8,
    pub(super) event_type: u8,
    pub(super) region: u8,
    pub(super) ts: Time,
}

impl Event {
    pub(super) fn new(row: &Row, id_base: u16, ts: Time) -> Event {
        Event {
            id: id_base + u16::from(row.id),
            user: row.user,
            event_type: row.event_type,
            region: row.region,
            ts,
        }
    }
}

/// Input of a writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Input {
    Event(Event),
    /// Bytes that are not an event, or a row of the inbox with an invalid time.
    Broken(Event),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Staged {
    pub(super) partition: i32,
    pub(super) position: i64,
    pub(super) input: Input,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rejected {
    /// An index into [`SOURCES`], or [`INBOX`] or [`RECONCILED`].
    pub(super) source: usize,
    pub(super) partition: i32,
    pub(super) position: i64,
    pub(super) reason: &'static str,
    pub(super) input: Input,
}

pub(super) const INBOX: usize = SOURCES.len();
pub(super) const RECONCILED: usize = SOURCES.len() + 1;

#[derive(Debug, Clone, Copy)]
struct Stored {
    event: Event,
    is_late: bool,
    /// The number of the transaction that has stored it.
    arrival: u64,
}

/// Staged, inserted, duplicate, conflicting, rejected.
pub(super) type Outcome = [i64; 5];

/// Events and late events.
pub(super) type Counts = BTreeMap<(Time, &'static str, &'static str), (i64, i64)>;

#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The time of the clock, and the limits of accepted times.
    pub(super) now: Time,
    oldest: Time,
    newest: Time,
    pub(super) accepts_last_type: bool,
    stored: BTreeMap<(Time, u16), Stored>,
    /// The counts of frozen days, by minute.
    frozen: Counts,
    frozen_before: Option<Time>,
    /// Events of frozen days, because playback may continue past midnight.
    frozen_events: Vec<Event>,
    frozen_listening: Listening,
    frozen_listener_days: ListenerDays,
    pub(super) rejected: Vec<Rejected>,
    inbox: Vec<Input>,
    inbox_positions: i64,
    progress: BTreeMap<(usize, i32), Time>,
    pub(super) watermark: Option<Time>,
    transactions: u64,
}

fn day(ts: Time) -> Time {
    ts - ts.rem_euclid(DAY)
}

impl Memory {
    pub(super) fn new(now: Time, oldest: Time, newest: Time) -> Memory {
        Memory {
            now,
            oldest,
            newest,
            ..Memory::default()
        }
    }

    pub(super) fn store(&mut self, source: usize, batch: &[Staged]) -> Outcome {
        self.transactions += 1;
        self.store_in_same_transaction(source, batch)
    }

    /// Stores a batch in the same transaction as the batch before it.
    fn store_in_same_transaction(&mut self, source: usize, batch: &[Staged]) -> Outcome {
        let mut outcome = [batch.len() as i64, 0, 0, 0, 0];
        let mut good: Vec<(Staged, Event)> = Vec::new();
        for row in batch {
            match self.refusal(source, row.input) {
                Err(reason) => {
                    outcome[4] += 1;
                    self.reject(source, row, reason);
                }
                Ok(event) => good.push((*row, event)),
            }
        }
        for (row, event) in &good {
            if event.ts <= self.now {
                let progress = self
                    .progress
                    .entry((source, row.partition))
                    .or_insert(event.ts);
                *progress = event.ts.max(*progress);
            }
        }
        let (across, mut good): (Vec<_>, Vec<_>) = good
            .into_iter()
            .partition(|(_, event)| self.is_stored_across_midnight(event));
        for (row, _) in &across {
            outcome[3] += 1;
            self.reject(source, row, "conflicting_duplicate");
        }
        good.sort_by_key(|(row, event)| (event.id, row.partition, row.position));
        let final_before = self.watermark.map_or(Time::MIN, day);
        let mut last_id = None;
        let mut rest = Vec::new();
        for (row, event) in good {
            let is_first = last_id != Some(event.id);
            last_id = Some(event.id);
            let key = (day(event.ts), event.id);
            if is_first && !self.stored.contains_key(&key) {
                outcome[1] += 1;
                let is_late = event.ts < final_before;
                self.stored.insert(
                    key,
                    Stored {
                        event,
                        is_late,
                        arrival: self.transactions,
                    },
                );
            } else {
                rest.push((row, event));
            }
        }
        for (row, event) in rest {
            let known = self.stored.get(&(day(event.ts), event.id));
            if known.is_some_and(|known| known.event == event) {
                outcome[2] += 1;
            } else {
                outcome[3] += 1;
                self.reject(source, &row, "conflicting_duplicate");
            }
        }
        outcome
    }

    fn refusal(&self, source: usize, input: Input) -> Result<Event, &'static str> {
        let event = match input {
            Input::Broken(_) if source == INBOX => return Err("invalid_ts"),
            Input::Broken(_) => return Err("malformed_json"),
            Input::Event(event) => event,
        };
        if event.ts < self.oldest {
            Err("too_old")
        } else if self.frozen_before.is_some_and(|frozen| event.ts < frozen) {
            Err("day_frozen")
        } else if event.ts > self.newest {
            Err("too_far_in_future")
        } else if !self.accepts_last_type && usize::from(event.event_type) == EVENT_TYPES.len() - 1
        {
            Err("unknown_event_type")
        } else {
            Ok(event)
        }
    }

    fn is_stored_across_midnight(&self, event: &Event) -> bool {
        let start = day(event.ts);
        (event.ts < start + DEDUP_WINDOW && self.stored.contains_key(&(start - DAY, event.id)))
            || (event.ts >= start + DAY - DEDUP_WINDOW
                && self.stored.contains_key(&(start + DAY, event.id)))
    }

    /// Keeps a reject, unless the same input is stored for the same position.
    fn reject(&mut self, source: usize, row: &Staged, reason: &'static str) {
        let is_known = self.rejected.iter().any(|known| {
            known.source == source
                && known.partition == row.partition
                && known.position == row.position
                && known.input == row.input
        });
        if !is_known {
            self.rejected.push(Rejected {
                source,
                partition: row.partition,
                position: row.position,
                reason,
                input: row.input,
            });
        }
    }

    pub(super) fn put_into_inbox(&mut self, input: Input) {
        self.inbox.push(input);
    }

    pub(super) fn roll_up(&mut self) -> Outcome {
        let batch: Vec<Staged> = std::mem::take(&mut self.inbox)
            .into_iter()
            .map(|input| {
                let position = self.inbox_positions;
                self.inbox_positions += 1;
                Staged {
                    partition: 0,
                    position,
                    input,
                }
            })
            .collect();
        let outcome = self.store(INBOX, &batch);
        let slowest = self
            .progress
            .values()
            .min()
            .map(|slowest| slowest - LATENESS);
        self.watermark = self.watermark.max(slowest);
        outcome
    }

    pub(super) fn delete(&mut self, ids: &[u8]) -> i64 {
        self.remove(|event| ids.iter().any(|&id| u16::from(id) == event.id))
    }

    /// Returns the numbers of removed events, rejects and rows of the inbox.
    pub(super) fn forget(&mut self, user: u8) -> [i64; 3] {
        let (inbox, rejected) = (self.inbox.len(), self.rejected.len());
        self.frozen_events.retain(|event| event.user != user);
        self.frozen_listener_days.retain(|&(_, _, who)| who != user);
        self.inbox.retain(|input| input.user() != user);
        // The user of broken bytes is unknown.
        self.rejected.retain(|rejected| match rejected.input {
            Input::Broken(_) if rejected.source != INBOX => true,
            input => input.user() != user,
        });
        [
            self.remove(|event| event.user == user),
            (rejected - self.rejected.len()) as i64,
            (inbox - self.inbox.len()) as i64,
        ]
    }

    fn remove(&mut self, is_gone: impl Fn(&Event) -> bool) -> i64 {
        let before = self.stored.len();
        self.stored.retain(|_, stored| !is_gone(&stored.event));
        (before - self.stored.len()) as i64
    }

    /// Returns the number of events of the expired days. The model does not know which days had a partition.
    pub(super) fn expire(&mut self, before: Time) -> i64 {
        if self.frozen_before.is_some_and(|frozen| frozen >= before) {
            return 0;
        }
        let mut numbers = self.listening();
        numbers.retain(|&(quarter, _), _| quarter < before);
        self.frozen_listening = numbers;
        let mut days = self.listener_days();
        days.retain(|&(day, _, _)| day < before);
        self.frozen_listener_days = days;
        self.frozen_before = Some(before);
        let kept = self.stored.split_off(&(before, 0));
        let removed = std::mem::replace(&mut self.stored, kept);
        for stored in removed.values() {
            count(&mut self.frozen, stored, MINUTE);
            self.frozen_events.push(stored.event);
        }
        removed.len() as i64
    }

    pub(super) fn reconcile(&mut self) -> i64 {
        let mut by_id: BTreeMap<u16, Vec<Stored>> = BTreeMap::new();
        for stored in self.stored.values() {
            by_id.entry(stored.event.id).or_default().push(*stored);
        }
        let mut moved = 0;
        for arrivals in by_id.values_mut() {
            arrivals.sort_by_key(|stored| (stored.arrival, stored.event.ts));
            let mut later: Vec<Event> = arrivals[1..].iter().map(|stored| stored.event).collect();
            later.sort_by_key(|event| event.ts);
            for event in later {
                self.stored.remove(&(day(event.ts), event.id));
                let position = self.inbox_positions;
                self.inbox_positions += 1;
                moved += 1;
                self.rejected.push(Rejected {
                    source: RECONCILED,
                    partition: 0,
                    position,
                    reason: "conflicting_duplicate",
                    input: Input::Event(event),
                });
            }
        }
        moved
    }

    pub(super) fn retry(&mut self, reason: Option<&str>) -> Outcome {
        self.transactions += 1;
        let mut total = [0; 5];
        // In the order of the sources' names: kafka:a/t, kafka:b/t, raw_events, staging_events.
        for source in [0, 1, RECONCILED, INBOX] {
            let (taken, left): (Vec<_>, Vec<_>) = std::mem::take(&mut self.rejected)
                .into_iter()
                .partition(|rejected| {
                    rejected.source == source
                        && reason.map_or(rejected.reason != "conflicting_duplicate", |reason| {
                            rejected.reason == reason
                        })
                });
            let (broken, events): (Vec<_>, Vec<_>) = taken
                .into_iter()
                .partition(|rejected| matches!(rejected.input, Input::Broken(_)));
            self.rejected = left;
            total[0] += broken.len() as i64;
            total[4] += broken.len() as i64;
            self.rejected.extend(broken);
            let batch: Vec<Staged> = events
                .iter()
                .map(|rejected| Staged {
                    partition: rejected.partition,
                    position: rejected.position,
                    input: rejected.input,
                })
                .collect();
            let outcome = self.store_in_same_transaction(source, &batch);
            for (sum, part) in total.iter_mut().zip(outcome) {
                *sum += part;
            }
        }
        total
    }

    pub(super) fn events(&self) -> Vec<Event> {
        let mut events: Vec<Event> = self.stored.values().map(|stored| stored.event).collect();
        events.sort();
        events
    }

    /// Recounted, except for frozen days, whose numbers are kept.
    pub(super) fn listening(&self) -> Listening {
        let mut events = self.events();
        events.extend(&self.frozen_events);
        let mut numbers = listening(&events, self.frozen_before.unwrap_or(Time::MIN));
        numbers.extend(&self.frozen_listening);
        numbers
    }

    pub(super) fn listener_days(&self) -> ListenerDays {
        let mut days = listener_days(&self.events(), self.frozen_before.unwrap_or(Time::MIN));
        days.extend(&self.frozen_listener_days);
        days
    }

    /// The counts by minute or by day.
    pub(super) fn counts(&self, width: Time) -> Counts {
        let mut counts = Counts::new();
        for (&(minute, event_type, region), &(events, late)) in &self.frozen {
            let sum = counts
                .entry((minute - minute.rem_euclid(width), event_type, region))
                .or_default();
            sum.0 += events;
            sum.1 += late;
        }
        for stored in self.stored.values() {
            count(&mut counts, stored, width);
        }
        counts
    }
}

impl Input {
    fn user(&self) -> u8 {
        match self {
            Input::Event(event) | Input::Broken(event) => event.user,
        }
    }
}

fn count(counts: &mut Counts, stored: &Stored, width: Time) {
    let event = &stored.event;
    let key = (
        event.ts - event.ts.rem_euclid(width),
        EVENT_TYPES[usize::from(event.event_type)],
        REGIONS[usize::from(event.region)],
    );
    let sum = counts.entry(key).or_default();
    sum.0 += 1;
    sum.1 += i64::from(stored.is_late);
}
