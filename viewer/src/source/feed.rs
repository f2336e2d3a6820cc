//! The seam between window and source: the latest numbers and the source's health, swapped in whole.

use super::{demo, postgres::Canceller, problem::Problem, worker};
use crate::model::{
    data::{Dataset, Measure},
    day::Micros,
    grain::Grain,
    wish::{Abilities, Distinct, Extras, Wish},
};
use musicstream_connect::Target;
use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The local clock.
pub fn now() -> Micros {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .unwrap_or(0)
}

/// How the source is.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    /// No answer yet since the start.
    Connecting,
    /// Reading.
    Live,
    /// Told to stop reading.
    Paused,
    /// Something is in the way; numbers read before stay.
    Trouble {
        /// What.
        problem: Problem,
        /// Since when (local clock).
        since: Micros,
        /// When the next try is (local clock).
        next_try: Micros,
    },
}

/// What is known right now.
#[derive(Clone, Debug)]
pub struct Latest {
    /// How the source is.
    pub health: Health,
    /// The numbers of the last load that worked.
    pub data: Option<Arc<Dataset>>,
    /// When they were last known to be current (local clock).
    pub checked_at: Option<Micros>,
    /// How long the last load took.
    pub query_time: Duration,
    /// How many rows the last load read: those of changed days, where the others were known.
    pub rows_read: usize,
    /// Counts loads, so that the window knows when to work things out again.
    pub generation: u64,
    /// Minutes and listeners, where they are shown.
    pub extras: Extras,
    /// Distinct listeners, once they were asked for.
    pub distinct: Option<Distinct>,
    /// What can be asked for.
    pub can: Arc<Abilities>,
    /// The wish that all of this answers.
    pub answered: Wish,
    /// The source in words: `musicstream on 127.0.0.1:5432`.
    pub source: String,
}

/// What the window asks of the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Refresh,
    Wish(Wish),
    Pause(bool),
    Stop,
}

type Wake = Box<dyn Fn() + Send + Sync>;

/// Shared by window and worker.
pub(super) struct Board {
    latest: Mutex<Latest>,
    changed: Condvar,
    wake: Mutex<Option<Wake>>,
    statement: Mutex<Option<Canceller>>,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, and wakes the window up.
    pub(super) fn update(&self, change: impl FnOnce(&mut Latest)) {
        change(&mut self.lock());
        self.changed.notify_all();
        if let Some(wake) = &*self.wake.lock().unwrap_or_else(PoisonError::into_inner) {
            wake();
        }
    }

    /// Notes which statement runs, so that it can be stopped when the window goes away.
    pub(super) fn interruptible(&self, statement: Option<Canceller>) {
        *self
            .statement
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = statement;
    }

    /// Notes that the numbers are still current; nothing on screen has to move for that.
    pub(super) fn touch(&self, at: Micros) {
        self.lock().checked_at = Some(at);
    }
}

/// A running source. Dropping it stops its thread.
pub struct Feed {
    board: Arc<Board>,
    requests: Sender<Request>,
    /// It is the sample at one instant, which answers by itself.
    answers: bool,
}

impl Feed {
    fn new(source: String) -> (Self, Receiver<Request>) {
        let latest = Latest {
            health: Health::Connecting,
            data: None,
            checked_at: None,
            query_time: Duration::ZERO,
            rows_read: 0,
            generation: 0,
            extras: Extras::default(),
            distinct: None,
            can: Arc::default(),
            answered: Wish::default(),
            source,
        };
        let (requests, receiver) = channel();
        let board = Arc::new(Board {
            latest: Mutex::new(latest),
            changed: Condvar::new(),
            wake: Mutex::new(None),
            statement: Mutex::new(None),
        });
        let feed = Self {
            board,
            requests,
            answers: false,
        };
        (feed, receiver)
    }

    /// Reads from a database on a thread of its own.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn database(target: Target, poll: Duration) -> std::io::Result<Self> {
        let (feed, requests) = Self::new(format!("{} on {}", target.database(), target.server()));
        let board = Arc::clone(&feed.board);
        std::thread::Builder::new()
            .name("musicstream-db".into())
            .spawn(move || worker::run(&target, poll, &board, &requests))?;
        Ok(feed)
    }

    /// The built-in sample, growing while one looks at it.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn demo() -> std::io::Result<Self> {
        let (feed, requests) = Self::new(demo::LABEL.into());
        let board = Arc::clone(&feed.board);
        std::thread::Builder::new()
            .name("musicstream-demo".into())
            .spawn(move || demo::run(&board, &requests))?;
        Ok(feed)
    }

    /// Numbers that stay as they are.
    pub fn fixed(data: Dataset, source: &str) -> Self {
        let (feed, _) = Self::new(source.into());
        let checked_at = data.status.now;
        feed.board.update(|latest| {
            latest.health = Health::Live;
            latest.data = Some(Arc::new(data));
            latest.checked_at = Some(checked_at);
            latest.generation = 1;
        });
        feed
    }

    /// The same as a source that can do this.
    pub fn knowing(self, can: Abilities) -> Self {
        self.board.update(|latest| latest.can = Arc::new(can));
        self
    }

    /// What brings other numbers to the window, from wherever they come: days, or minutes or listeners beside them.
    pub fn bringer(&self) -> impl Fn(Dataset) + use<> {
        let board = Arc::clone(&self.board);
        move |data| {
            board.update(|latest| {
                latest.checked_at = Some(data.status.now);
                let shown = match (data.grain, data.measure) {
                    (Grain::Minute { .. }, _) => &mut latest.extras.minutes,
                    (_, Measure::Listeners) => &mut latest.extras.listeners,
                    _ => &mut latest.data,
                };
                *shown = Some(Arc::new(data));
                latest.generation += 1;
            });
        }
    }

    /// The built-in sample as it stands at an instant, with all that it has.
    pub fn sample(at: Micros) -> Self {
        let mut feed = Self::fixed(demo::at(at, 1), demo::LABEL);
        feed.answers = true;
        feed.board.update(|latest| demo::add_extras(latest, at));
        feed
    }

    /// A source that is in trouble and stays so, with or without numbers read before.
    pub fn failed(problem: Problem, since: Micros, data: Option<Dataset>, source: &str) -> Self {
        let feed = match data {
            Some(data) => Self::fixed(data, source),
            None => Self::new(source.into()).0,
        };
        feed.board.update(|latest| {
            latest.health = Health::Trouble {
                problem,
                since,
                next_try: since + 8_000_000,
            };
        });
        feed
    }

    /// Called after each change, from the source's thread.
    pub fn on_change(&self, wake: impl Fn() + Send + Sync + 'static) {
        *self
            .board
            .wake
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Box::new(wake));
    }

    /// What is known right now.
    pub fn latest(&self) -> Latest {
        self.board.lock().clone()
    }

    /// Whether numbers were swapped in since that generation, or the health is another one.
    pub fn differs(&self, generation: u64, health: &Health) -> bool {
        let latest = self.board.lock();
        latest.generation != generation || latest.health != *health
    }

    /// When the numbers were last known to be current (local clock).
    pub fn checked_at(&self) -> Option<Micros> {
        self.board.lock().checked_at
    }

    /// Distinct listeners over the days on screen, if they are known.
    pub fn distinct(&self) -> Option<Distinct> {
        self.board.lock().distinct.clone()
    }

    /// Asks for what the window shows.
    pub fn wish(&self, wish: Wish) {
        if self.answers {
            self.board
                .update(|latest| demo::answer_at_once(latest, &wish));
        }
        self.request(Request::Wish(wish));
    }

    /// Waits until what is known answers the wish, or something is in the way, at most so long.
    pub fn wait_for(&self, wish: &Wish, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        let mut latest = self.board.lock();
        while latest.answered != *wish && !matches!(latest.health, Health::Trouble { .. }) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            latest = self
                .board
                .changed
                .wait_timeout(latest, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Asks for a new load now.
    pub fn refresh(&self) {
        self.request(Request::Refresh);
    }

    /// Stops reading, or goes on.
    pub fn pause(&self, paused: bool) {
        self.request(Request::Pause(paused));
    }

    /// Waits until numbers are there. Gives the problem if there is one that waiting does not cure,
    /// or whatever was in the way when the time was over.
    ///
    /// # Errors
    /// The problem, or `None` if nothing was heard at all.
    pub fn wait(&self, at_most: Duration) -> Result<Arc<Dataset>, Option<Problem>> {
        let deadline = Instant::now() + at_most;
        let mut latest = self.board.lock();
        loop {
            let problem = match (&latest.data, &latest.health) {
                (Some(data), _) => return Ok(Arc::clone(data)),
                (None, Health::Trouble { problem, .. }) => Some(problem.clone()),
                _ => None,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || problem.as_ref().is_some_and(|problem| !problem.may_pass()) {
                return Err(problem);
            }
            latest = self
                .board
                .changed
                .wait_timeout(latest, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn request(&self, request: Request) {
        // A worker that is gone has nothing left to be asked.
        let _ = self.requests.send(request);
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.request(Request::Stop);
        let statement = self
            .board
            .statement
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(statement) = statement {
            statement.cancel();
        }
    }
}
