//! Whether to bet that nothing of a batch is stored yet.
//!
//! An insert that may meet stored events looks each one up first, and takes half as long again as one that may not.
//! In most streams a duplicate is rare, so it pays to insert without the look-up and to do it over if one turns up.

/// Longest rest after bets that were lost, in batches: what a loss leaves behind has to be vacuumed.
const LONGEST_REST: u32 = 64;

/// Remembers how the last bets of this session went.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Optimism {
    rest: u32,
    next_rest: u32,
}

impl Optimism {
    pub(crate) const fn new() -> Optimism {
        Optimism {
            rest: 0,
            next_rest: 1,
        }
    }

    /// Whether to bet on the next batch.
    pub(crate) fn bets(&mut self) -> bool {
        let bets = self.rest == 0;
        self.rest = self.rest.saturating_sub(1);
        bets
    }

    pub(crate) fn won(&mut self) {
        *self = Optimism::new();
    }

    pub(crate) fn lost(&mut self) {
        self.rest = self.next_rest;
        self.next_rest = (2 * self.next_rest).min(LONGEST_REST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_longer_after_each_loss() {
        let mut optimism = Optimism::new();
        let mut rests = Vec::new();
        for _ in 0..9 {
            assert!(optimism.bets());
            optimism.lost();
            let mut probe = optimism;
            let rest = std::iter::repeat_with(|| probe.bets()).position(|bets| bets);
            rests.push(rest.unwrap());
            while optimism.rest > 0 {
                assert!(!optimism.bets());
            }
        }
        assert_eq!(rests, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
    }

    #[test]
    fn a_win_forgets_the_losses() {
        let mut optimism = Optimism::new();
        for _ in 0..5 {
            optimism.lost();
        }
        optimism.won();
        assert!(optimism.bets());
        optimism.lost();
        assert!(!optimism.bets());
        assert!(optimism.bets());
    }
}
