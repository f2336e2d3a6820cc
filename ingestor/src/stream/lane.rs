//! A lane: one writer, and the batch that is being filled for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::batch::{Batch, Limits};
use crate::writer::{Order, Writer};

pub(super) struct Lane {
    pub(super) writer: Writer,
    pub(super) batch: Batch,
    /// When its first record came.
    since: Option<Instant>,
    /// The writer has one batch at a time: another one that waited there would take memory, while
    /// the next is always filled by the time it is wanted.
    is_busy: bool,
    spare: Option<Batch>,
}

impl Lane {
    pub(super) fn new(writer: Writer) -> Lane {
        Lane {
            writer,
            batch: Batch::default(),
            since: None,
            is_busy: false,
            spare: None,
        }
    }

    /// Throws away what is being filled and begins anew.
    pub(super) fn begin(&mut self, source: Arc<str>, generation: u64) {
        self.batch.begin(source, generation);
        self.since = None;
    }

    /// Notes that something was put into the batch.
    pub(super) fn touch(&mut self) {
        if self.since.is_none() {
            self.since = Some(Instant::now());
        }
    }

    /// Whether no more may be put into it before [`Lane::send`] was possible.
    pub(super) fn is_full(&self, limits: &Limits) -> bool {
        limits.is_full(self.batch.row_count(), self.batch.byte_count())
    }

    /// Whether the writer has nothing left to do.
    pub(super) fn is_idle(&self) -> bool {
        !self.is_busy
    }

    /// Whether there is a batch, and the writer can take it.
    pub(super) fn can_send(&self) -> bool {
        !self.batch.is_empty() && !self.is_busy
    }

    /// Whether the batch should go out now.
    pub(super) fn is_due(&self, limits: &Limits) -> bool {
        self.can_send()
            && (self.is_full(limits) || self.patience(limits).is_some_and(|left| left.is_zero()))
    }

    /// How long the batch may still wait; `None` if there is none or it is the writer that keeps it.
    pub(super) fn patience(&self, limits: &Limits) -> Option<Duration> {
        if !self.is_idle() {
            return None;
        }
        self.since
            .map(|since| limits.patience(since.elapsed()).unwrap_or(Duration::ZERO))
    }

    /// Hands the batch to the writer and begins the next one.
    pub(super) fn send(&mut self, source: Arc<str>, generation: u64) {
        let mut next = self.spare.take().unwrap_or_default();
        next.begin(source, generation);
        self.since = None;
        self.is_busy = true;
        let batch = std::mem::replace(&mut self.batch, next);
        self.writer.order(Order::Write(batch, None));
    }

    /// Takes a batch back.
    pub(super) fn returned(&mut self, batch: Batch) {
        self.is_busy = false;
        self.spare = Some(batch);
    }
}
