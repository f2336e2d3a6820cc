//! Decides whether the next batch is inserted optimistically, without looking its events up first.
//!
//! A look-up of all events takes half as long as the insert. Duplicates are rare in most streams, so it is faster to insert
//! without looking up, and to roll back and repeat the batch with look-ups if an event is already stored.

/// Maximum number of batches without an optimistic attempt. Each failed attempt leaves dead rows that must be vacuumed.
const LONGEST_PAUSE: u32 = 64;

/// Back-off after failed optimistic attempts of a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Optimism {
    /// Batches until the next attempt.
    pause: u32,
    /// Length of the pause after the next failure.
    next_pause: u32,
}

impl Optimism {
    pub(crate) const fn new() -> Optimism {
        Optimism {
            pause: 0,
            next_pause: 1,
        }
    }

    /// Whether the next batch is inserted optimistically.
    pub(crate) fn attempts(&mut self) -> bool {
        let attempts = self.pause == 0;
        self.pause = self.pause.saturating_sub(1);
        attempts
    }

    pub(crate) fn succeeded(&mut self) {
        *self = Optimism::new();
    }

    pub(crate) fn failed(&mut self) {
        self.pause = self.next_pause;
        self.next_pause = (2 * self.next_pause).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_after_each_failure() {
        let mut optimism = Optimism::new();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            assert!(optimism.attempts());
            optimism.failed();
            let mut probe = optimism;
            let pause = std::iter::repeat_with(|| probe.attempts()).position(|attempts| attempts);
            pauses.push(pause.unwrap());
            while optimism.pause > 0 {
                assert!(!optimism.attempts());
            }
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
    }

    #[test]
    fn a_success_resets_the_pause() {
        let mut optimism = Optimism::new();
        for _ in 0..5 {
            optimism.failed();
        }
        optimism.succeeded();
        assert!(optimism.attempts());
        optimism.failed();
        assert!(!optimism.attempts());
        assert!(optimism.attempts());
    }
}
