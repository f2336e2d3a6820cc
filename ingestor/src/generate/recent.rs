//! What was made lately, for duplicates.

use super::random::Random;

/// How many of the last events a duplicate may repeat.
const REMEMBERED: usize = 16_384;

/// The last events.
pub(super) struct Recent<T> {
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
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn push(&mut self, event: T) {
        if self.events.len() < REMEMBERED {
            self.events.push(event);
        } else {
            self.events[self.next] = event;
        }
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// Mostly one of the last few events, as retries are, and sometimes one from long ago. There must be one.
    pub(super) fn pick(&self, random: &mut Random) -> T {
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
