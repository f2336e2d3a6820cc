//! A running source, as the window uses it.

use super::{
    demo,
    exchange::{Exchange, Message},
    latest::{Health, Latest},
    problem::Problem,
    worker,
};
use crate::{
    calendar::{Grain, Micros},
    data::{Abilities, Dataset, Distinct, Extras, Measure, Request, reports::Answer},
};
use musicstream_connect::Target;
use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

/// A running source. Dropping it stops its thread.
pub struct Feed {
    exchange: Arc<Exchange>,
    messages: Sender<Message>,
    /// Whether messages are answered at once from the sample, without a thread.
    answers: bool,
}

impl Feed {
    fn new(source: String) -> (Self, Receiver<Message>) {
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
            answered: Request::default(),
            read: Request::default(),
            source,
        };
        let (messages, receiver) = channel();
        let exchange = Arc::new(Exchange::new(latest));
        let feed = Self {
            exchange,
            messages,
            answers: false,
        };
        (feed, receiver)
    }

    /// Reads from a database on a thread of its own.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn database(target: Target, poll: Duration) -> std::io::Result<Self> {
        let (feed, messages) = Self::new(format!("{} on {}", target.database(), target.server()));
        let exchange = Arc::clone(&feed.exchange);
        std::thread::Builder::new()
            .name("musicstream-db".into())
            .spawn(move || worker::run(&target, poll, &exchange, &messages))?;
        Ok(feed)
    }

    /// The built-in sample, growing while one looks at it.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn demo() -> std::io::Result<Self> {
        let (feed, messages) = Self::new(demo::LABEL.into());
        let exchange = Arc::clone(&feed.exchange);
        std::thread::Builder::new()
            .name("musicstream-demo".into())
            .spawn(move || demo::run(&exchange, &messages))?;
        Ok(feed)
    }

    /// Numbers that stay as they are.
    pub fn fixed(data: Dataset, source: &str) -> Self {
        let (feed, _) = Self::new(source.into());
        let checked_at = data.status.now;
        feed.exchange.update(|latest| {
            latest.health = Health::Live;
            latest.data = Some(Arc::new(data));
            latest.checked_at = Some(checked_at);
            latest.generation = 1;
        });
        feed
    }

    /// The same as a source that can do this.
    pub fn knowing(self, can: Abilities) -> Self {
        self.exchange.update(|latest| latest.can = Arc::new(can));
        self
    }

    /// The same as a source that has this for a report.
    pub fn answering(self, answer: Answer) -> Self {
        self.exchange
            .update(|latest| latest.show_report(Some(Arc::new(answer))));
        self
    }

    /// The same as a source whose days, minutes and listeners are those of a request.
    pub fn having_read(self, request: Request) -> Self {
        self.exchange.update(|latest| latest.read = request);
        self
    }

    /// Returns a function that publishes other numbers to the window: days, minutes or listeners.
    pub fn bringer(&self) -> impl Fn(Dataset) + use<> {
        let exchange = Arc::clone(&self.exchange);
        let answers = self.answers;
        move |data| {
            exchange.update(|latest| {
                latest.checked_at = Some(data.status.now);
                let shown = match (data.grain, data.measure) {
                    (Grain::Minute { .. }, _) => &mut latest.extras.minutes,
                    (_, Measure::Listeners) => &mut latest.extras.listeners,
                    _ => &mut latest.data,
                };
                *shown = Some(Arc::new(data));
                if answers {
                    demo::answer_report(latest);
                }
                latest.generation += 1;
            });
        }
    }

    /// The built-in sample as it stands at an instant, with all that it has.
    pub fn sample(at: Micros) -> Self {
        let mut feed = Self::fixed(demo::at(at, 1), demo::LABEL);
        feed.answers = true;
        feed.exchange.update(|latest| demo::add_extras(latest, at));
        feed
    }

    /// A source that has failed, with or without numbers read before.
    pub fn failed(problem: Problem, since: Micros, data: Option<Dataset>, source: &str) -> Self {
        let feed = match data {
            Some(data) => Self::fixed(data, source),
            None => Self::new(source.into()).0,
        };
        feed.exchange.update(|latest| {
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
        self.exchange.on_change(wake);
    }

    /// What is known right now.
    pub fn latest(&self) -> Latest {
        self.exchange.lock().clone()
    }

    /// Whether there are newer numbers than those of a generation, or the health has changed.
    pub fn differs(&self, generation: u64, health: &Health) -> bool {
        let latest = self.exchange.lock();
        latest.generation != generation || latest.health != *health
    }

    /// When the numbers were last known to be current (local clock).
    pub fn checked_at(&self) -> Option<Micros> {
        self.exchange.lock().checked_at
    }

    /// Distinct listeners over the days on screen, if they are known.
    pub fn distinct(&self) -> Option<Distinct> {
        self.exchange.lock().distinct.clone()
    }

    /// Asks for what the window shows.
    pub fn request(&self, request: Request) {
        if self.answers {
            self.exchange
                .update(|latest| demo::answer_at_once(latest, &request));
        }
        self.send(Message::Request(Box::new(request)));
    }

    /// Waits until the request is answered or the source has failed, at most `at_most`.
    pub fn wait_for(&self, request: &Request, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        let is_answered = |latest: &Latest| {
            latest.answered == *request || matches!(latest.health, Health::Trouble { .. })
        };
        self.exchange
            .wait_for(deadline, |latest| is_answered(latest).then_some(()));
    }

    /// Asks for a new load now.
    pub fn refresh(&self) {
        self.send(Message::Refresh);
    }

    /// Stops reading, or goes on.
    pub fn pause(&self, paused: bool) {
        self.send(Message::Pause(paused));
    }

    /// Waits until numbers are there. Gives the problem if there is one that waiting does not cure,
    /// or whatever was in the way when the time was over.
    ///
    /// # Errors
    /// The problem, or `None` if nothing was heard at all.
    pub fn wait(&self, at_most: Duration) -> Result<Arc<Dataset>, Option<Problem>> {
        let deadline = Instant::now() + at_most;
        let problem = |latest: &Latest| match &latest.health {
            Health::Trouble { problem, .. } => Some(problem.clone()),
            _ => None,
        };
        let answer = self.exchange.wait_for(deadline, |latest| {
            let problem = problem(latest).filter(|problem| !problem.may_pass());
            match (&latest.data, problem) {
                (Some(data), _) => Some(Ok(Arc::clone(data))),
                (None, problem) => problem.map(|problem| Err(Some(problem))),
            }
        });
        answer.unwrap_or_else(|| Err(problem(&self.exchange.lock())))
    }

    fn send(&self, message: Message) {
        // A worker that is gone has nothing left to be asked.
        let _ = self.messages.send(message);
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.send(Message::Stop);
        self.exchange.cancel();
    }
}
