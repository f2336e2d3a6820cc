//! Shared state of window and source thread: the latest numbers and the health, always replaced as a whole.

use super::{latest::Latest, postgres::Canceller};
use crate::{calendar::Micros, data::Request};
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// What the window asks of the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Refresh,
    Request(Box<Request>),
    Pause(bool),
    Stop,
}

type Wake = Box<dyn Fn() + Send + Sync>;

/// Shared state: written by the source's thread, read by the window.
pub(super) struct Exchange {
    latest: Mutex<Latest>,
    changed: Condvar,
    wake: Mutex<Option<Wake>>,
    statement: Mutex<Option<Canceller>>,
}

impl Exchange {
    /// What is known, while nobody changes it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Latest> {
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

    /// Records that the numbers are still current, without waking the window.
    pub(super) fn touch(&self, at: Micros) {
        self.lock().checked_at = Some(at);
    }

    /// Nothing but what is known at the start.
    pub(super) fn new(latest: Latest) -> Self {
        Self {
            latest: Mutex::new(latest),
            changed: Condvar::new(),
            wake: Mutex::new(None),
            statement: Mutex::new(None),
        }
    }

    /// Called after each change, from the thread that makes it.
    pub(super) fn on_change(&self, wake: impl Fn() + Send + Sync + 'static) {
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(wake));
    }

    /// Waits until `answer` returns something; `None` at the deadline.
    pub(super) fn wait_for<T>(
        &self,
        deadline: Instant,
        answer: impl Fn(&Latest) -> Option<T>,
    ) -> Option<T> {
        let mut latest = self.lock();
        loop {
            if let Some(answer) = answer(&latest) {
                return Some(answer);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            latest = self
                .changed
                .wait_timeout(latest, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Stops the statement that runs, if one does.
    pub(super) fn cancel(&self) {
        let statement = self
            .statement
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(statement) = statement {
            statement.cancel();
        }
    }
}
