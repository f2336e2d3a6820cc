//! The thread that talks to the database: connect, load, watch, reconnect.

use super::{
    client::Wait,
    exchange::{Exchange, Message},
    extras::Minutes,
    latest::{Health, now},
    postgres::{Loaded, Session},
    problem::Problem,
    reports,
};
use crate::{
    calendar::{Day, Grain, Micros},
    data::{Abilities, Events, EventsAsk, Request},
};
use musicstream_connect::Target;
use std::{
    sync::Arc,
    sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    time::{Duration, Instant},
};

/// How long the worker waits for the database before it checks for messages of the window.
const SLICE: Duration = Duration::from_millis(100);
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// Maximum back-off: the window reconnects within five seconds, including the time to connect.
const LAST_BACKOFF: Duration = Duration::from_secs(3);
/// Loads take at most this share of the time: a load of a second is followed by a pause of four.
const REST_PER_LOAD: u32 = 4;
/// After this time everything is loaded again, in case a change was missed.
const LONGEST_WITHOUT_WHOLE: Duration = Duration::from_secs(3600);

/// Why a session ended.
enum End {
    Stop,
    Broken(Problem),
}

/// Runs until told to stop, or until the window is gone.
pub(super) fn run(
    target: &Target,
    poll: Duration,
    exchange: &Exchange,
    messages: &Receiver<Message>,
) {
    let mut worker = Worker {
        poll,
        exchange,
        messages,
        paused: false,
        healthy: false,
        request: Request::default(),
    };
    let mut backoff = FIRST_BACKOFF;
    let mut since = None;
    loop {
        worker.healthy = false;
        let end = match Session::open(target) {
            Ok(mut session) => {
                let end = worker.watch(&mut session);
                exchange.interruptible(None);
                end
            }
            Err(problem) => End::Broken(problem),
        };
        let End::Broken(problem) = end else { return };
        if worker.healthy {
            (backoff, since) = (FIRST_BACKOFF, None);
        }
        let since = *since.get_or_insert_with(now);
        let next_try = now() + i64::try_from(backoff.as_micros()).unwrap_or(i64::MAX);
        exchange.update(|latest| {
            latest.health = Health::Trouble {
                problem,
                since,
                next_try,
            }
        });
        match messages.recv_timeout(backoff) {
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Ok(Message::Pause(paused)) => worker.paused = paused,
            Ok(Message::Request(request)) => worker.request = *request,
            Ok(Message::Refresh) | Err(RecvTimeoutError::Timeout) => {}
        }
        backoff = (backoff * 2).min(LAST_BACKOFF);
    }
}

struct Worker<'a> {
    poll: Duration,
    exchange: &'a Exchange,
    messages: &'a Receiver<Message>,
    paused: bool,
    /// A load of this session worked.
    healthy: bool,
    /// What the window shows beside daily numbers.
    request: Request,
}

/// What this session has loaded.
struct Known {
    loaded: Loaded,
    /// How far the clock of the zone on screen was ahead of UTC.
    offset: Micros,
    /// When everything was loaded the last time.
    whole_at: Instant,
    /// The minutes on screen, if they are.
    minutes: Option<Minutes>,
    /// Single events, if they are asked for.
    events: Option<Arc<(EventsAsk, Events)>>,
    /// What was read for the window beside that.
    answered: Request,
    /// What the report that is shown asked for.
    report: Option<reports::Known>,
    /// What else this session may read.
    can: Arc<Abilities>,
}

/// What ended a wait.
enum Woken {
    /// Poll: look whether something changed.
    Look,
    /// Load, changed or not.
    Load,
    Stop,
    Closed,
}

impl Worker<'_> {
    /// Loads, then looks for changes, until told to stop or until the session breaks.
    fn watch(&mut self, session: &mut Session) -> End {
        let mut known = None;
        loop {
            self.exchange.interruptible(Some(session.canceller()));
            let result = self.look(session, &mut known);
            self.exchange.interruptible(None);
            let rest = match result {
                Ok(took) => rest_after(took),
                Err(problem) => return End::Broken(session.explain(problem)),
            };
            match self.wait(session, rest) {
                Woken::Look => {}
                Woken::Load => known = None,
                Woken::Stop => return End::Stop,
                Woken::Closed => return End::Broken(session.closing_error()),
            }
        }
    }

    /// Loads if something changed. Returns the time to count for the pause that follows.
    fn look(
        &mut self,
        session: &mut Session,
        known: &mut Option<Known>,
    ) -> Result<Option<Duration>, Problem> {
        if let Some(known) = known {
            let fingerprint = known.loaded.data.status.fingerprint();
            let status = session.status()?;
            if fingerprint.is_some()
                && fingerprint == status.fingerprint()
                && known.answered == self.request
                && !self.has_moved_on(known, status.now)
            {
                return self.look_at_report(session, known);
            }
        }
        let started = Instant::now();
        let recent = known
            .as_ref()
            .filter(|known| known.whole_at.elapsed() < LONGEST_WITHOUT_WHOLE);
        let (loaded, whole_at) = match recent {
            Some(known) => (session.load_changes(&known.loaded)?, known.whole_at),
            None => (session.load()?, started),
        };
        let can = match &known {
            Some(known) => Arc::clone(&known.can),
            None => Arc::new(session.abilities()?),
        };
        let request = self.request.clone();
        let data = session.days_of_zone(&request, &can, &loaded.data)?;
        let offset = data.zone.offset;
        let minutes = known.as_ref().and_then(|known| known.minutes.as_ref());
        let (mut extras, minutes) = session.extras(&request, &can, &data, minutes)?;
        // Read once and not refreshed.
        let events = known.as_ref().and_then(|known| known.events.clone());
        let events = events.filter(|events| Some(&events.0) == request.events.as_ref());
        let events = match (&request.events, events) {
            (Some(ask), None) => Some(Arc::new((ask.clone(), session.events(ask, &can)?))),
            (_, events) => events,
        };
        extras.events.clone_from(&events);
        // What was read for the report stays until this is read.
        let known_report = known.as_ref().and_then(|known| known.report.as_ref());
        extras.report = known_report.map(|report| Arc::clone(&report.answer));
        let took = started.elapsed();
        // After a whole load, which was asked for, the next one is a small one.
        let counted = if recent.is_some() {
            took
        } else {
            Duration::ZERO
        };
        self.healthy = true;
        let health = self.health();
        self.exchange.update(|latest| {
            latest.health = health;
            latest.data = Some(data);
            latest.extras = extras;
            latest.read = request.clone();
            latest.checked_at = Some(now());
            latest.query_time = took;
            latest.rows_read =
                loaded.rows_read + minutes.as_ref().map_or(0, |minutes| minutes.rows_read);
            latest.generation += 1;
        });
        let (report, can) = self.read_rest(session, &request, can, known_report)?;
        *known = Some(Known {
            loaded,
            offset,
            whole_at,
            minutes,
            events,
            answered: request,
            report,
            can,
        });
        Ok(Some(counted))
    }

    /// Reads what takes longer than the numbers that are on screen by now, or is needed later.
    /// Returns the report, and the abilities with the names of the zones.
    fn read_rest(
        &self,
        session: &mut Session,
        request: &Request,
        can: Arc<Abilities>,
        known_report: Option<&reports::Known>,
    ) -> Result<(Option<reports::Known>, Arc<Abilities>), Problem> {
        let distinct = match &request.distinct {
            Some(ask) if can.listeners => match session.distinct(ask) {
                // A timeout of this figure must not hide the others.
                Err(Problem::Slow(_)) => None,
                answer => Some(answer?),
            },
            _ => None,
        };
        let report = match &request.report {
            Some(ask) => Some(session.report(ask, can.version.as_deref(), known_report)?),
            None => None,
        };
        let can = match can.zone_names.is_empty() && can.zones {
            true => Arc::new(Abilities {
                zone_names: session.zone_names()?,
                ..(*can).clone()
            }),
            false => can,
        };
        self.exchange.update(|latest| {
            latest.distinct = distinct;
            latest.show_report(report.as_ref().map(|report| Arc::clone(&report.answer)));
            latest.can = Arc::clone(&can);
            latest.answered = request.clone();
        });
        Ok((report, can))
    }

    /// Reads the report again if its numbers changed while the daily ones did not.
    fn look_at_report(
        &self,
        session: &mut Session,
        known: &mut Known,
    ) -> Result<Option<Duration>, Problem> {
        let started = Instant::now();
        let news = match &known.report {
            Some(report) => session.report_news(report)?,
            None => None,
        };
        self.exchange.touch(now());
        let Some(report) = news else { return Ok(None) };
        let is_same = (known.report.as_ref()).is_some_and(|known| known.answer == report.answer);
        if !is_same {
            let answer = Arc::clone(&report.answer);
            self.exchange
                .update(|latest| latest.show_report(Some(answer)));
        }
        known.report = Some(report);
        Ok(Some(started.elapsed()))
    }

    /// Whether a new minute has begun while minutes are shown, or a new day of the zone.
    fn has_moved_on(&self, known: &Known, now: Micros) -> bool {
        let then = known.loaded.data.status.now;
        let minutes = Grain::Minute { offset: 0 };
        let passes = self.request.minutes.is_some() && self.request.until.is_none();
        (passes && minutes.of(then) != minutes.of(now)) || is_another_day(then, now, known.offset)
    }

    fn health(&self) -> Health {
        if self.paused {
            Health::Paused
        } else {
            Health::Live
        }
    }

    /// Waits for a request, a notification or the next poll.
    fn wait(&mut self, session: &mut Session, rest: Duration) -> Woken {
        let start = Instant::now();
        let mut notified = false;
        let mut is_requested = false;
        loop {
            loop {
                match self.messages.try_recv() {
                    Ok(Message::Refresh) => return Woken::Load,
                    Ok(Message::Request(request)) => {
                        self.request = *request;
                        is_requested = true;
                    }
                    Ok(Message::Stop) | Err(TryRecvError::Disconnected) => return Woken::Stop,
                    Ok(Message::Pause(paused)) => {
                        self.paused = paused;
                        let health = self.health();
                        self.exchange.update(|latest| latest.health = health);
                    }
                    Err(TryRecvError::Empty) => break,
                }
            }
            if is_requested {
                // The last of several counts.
                return Woken::Look;
            }
            let waited = start.elapsed();
            if !self.paused && waited >= rest && (notified || waited >= self.poll) {
                return Woken::Look;
            }
            // Once told of a change, no longer than the rest lasts.
            let slice = if notified && !self.paused {
                SLICE.min(rest.saturating_sub(waited))
            } else {
                SLICE
            };
            match session.client.wait_for_notification(slice) {
                Wait::Over => {}
                Wait::Notified => notified = true,
                Wait::Closed => return Woken::Closed,
            }
        }
    }
}

/// The pause after a look that loaded for this long; `None`: it loaded nothing, so an earlier load needs no pause any more.
fn rest_after(took: Option<Duration>) -> Duration {
    took.map_or(Duration::ZERO, |took| took * REST_PER_LOAD)
}

/// Whether both times are on different days of a zone whose clock is ahead of UTC by `offset`.
fn is_another_day(then: Micros, now: Micros, offset: Micros) -> bool {
    Day::of(then + offset) != Day::of(now + offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::MINUTE_US;

    #[test]
    fn a_day_ends_at_midnight_of_its_zone() {
        let at = |hour: i64, minute: i64| Day(20_530).start() + (hour * 60 + minute) * MINUTE_US;
        let tokyo = 9 * 60 * MINUTE_US;
        assert!(is_another_day(at(14, 59), at(15, 0), tokyo));
        assert!(!is_another_day(at(15, 0), at(15, 1), tokyo));
        assert!(!is_another_day(at(23, 59), at(24, 0), tokyo));
        assert!(is_another_day(at(23, 59), at(24, 0), 0));
    }

    #[test]
    fn only_a_look_that_loaded_is_followed_by_a_pause() {
        let slow = Duration::from_secs(5);
        assert_eq!(rest_after(Some(slow)), slow * REST_PER_LOAD);
        assert_eq!(rest_after(None), Duration::ZERO);
    }
}
