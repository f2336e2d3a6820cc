//! The latest events, for duplicates.

use crate::random::Random;

/// How many of the latest events a duplicate may repeat.
const REMEMBERED: usize = 16_384;

/// A ring buffer.
pub(crate) struct Recent<T> {
    events: Vec<T>,
    next: usize,
}

impl<T> Default for Recent<T> {
    fn default() -> Recent<T> {
        Recent {
            events: Vec::with_capacity(REMEMBERED),
            next: 0,
        }
    }
}

impl<T: Copy> Recent<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(crate) fn push(&mut self, event: T) {
        if self.events.len() < REMEMBERED {
            self.events.push(event);
        } else {
            self.events[self.next] = event;
        }
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// Mostly one of the latest 64 events, as with retries, sometimes an older one. There must be at least one event.
    pub(crate) fn pick(&self, random: &mut Random) -> T {
        let count = self.events.len();
        let reach = if random.once_in(8) {
            count
        } else {
            count.min(64)
        };
        let back = 1 + random.index(reach);
        self.events[(self.next + count - back) % count]
    }
}
