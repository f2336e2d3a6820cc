//! A writer's slot: the writer, and the batch that is being filled for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::batch::{Batch, Limits};
use crate::writer::{Request, Writer};

pub(super) struct WriterSlot {
    pub(super) writer: Writer,
    pub(super) batch: Batch,
    /// When the first record or position was put into the batch.
    filled_since: Option<Instant>,
    /// At most one batch is in flight per writer. A queue would only cost memory: the next batch is full by the time the
    /// writer is free.
    is_busy: bool,
    /// The batch that came back last, kept for its allocations.
    spare: Option<Batch>,
}

impl WriterSlot {
    pub(super) fn new(writer: Writer) -> WriterSlot {
        WriterSlot {
            writer,
            batch: Batch::default(),
            filled_since: None,
            is_busy: false,
            spare: None,
        }
    }

    /// Discards the batch that is being filled and begins an empty one.
    pub(super) fn restart(&mut self, source: Arc<str>, generation: u64) {
        self.batch.begin(source, generation);
        self.filled_since = None;
    }

    /// Notes that something is put into the batch.
    pub(super) fn note_filling(&mut self) {
        if self.filled_since.is_none() {
            self.filled_since = Some(Instant::now());
        }
    }

    /// Whether the batch must be sent before it takes another record.
    pub(super) fn is_full(&self, limits: &Limits) -> bool {
        limits.is_full(self.batch.row_count(), self.batch.byte_count())
    }

    /// Whether no batch is in flight.
    pub(super) fn is_idle(&self) -> bool {
        !self.is_busy
    }

    /// Whether there is something to send, and the writer is free.
    pub(super) fn can_send(&self) -> bool {
        !self.batch.is_empty() && !self.is_busy
    }

    /// Whether the batch should be sent now.
    pub(super) fn is_due(&self, limits: &Limits) -> bool {
        self.can_send()
            && (self.is_full(limits) || self.time_left(limits).is_some_and(|left| left.is_zero()))
    }

    /// Time until the batch must be sent; `None` if it is empty or the writer is busy.
    pub(super) fn time_left(&self, limits: &Limits) -> Option<Duration> {
        if !self.is_idle() {
            return None;
        }
        self.filled_since
            .map(|since| limits.time_left(since.elapsed()))
    }

    /// Sends the batch to the writer and begins the next one.
    pub(super) fn send(&mut self, source: Arc<str>, generation: u64) {
        let mut next = self.spare.take().unwrap_or_default();
        next.begin(source, generation);
        self.filled_since = None;
        self.is_busy = true;
        let batch = std::mem::replace(&mut self.batch, next);
        self.writer.send(Request::Write(batch, None));
    }

    /// Takes back a batch that the writer has finished.
    pub(super) fn take_back(&mut self, batch: Batch) {
        self.is_busy = false;
        self.spare = Some(batch);
    }
}
