//! The event_ids that a session stored last: a duplicate mostly comes soon after the first, and is then looked up by
//! itself, so that it does not spoil the bet on the others of its batch.

use foldhash::HashSet;

/// Ids of a generation, of which two are kept: 5 MB together.
const GENERATION: usize = 1 << 17;

/// A memory that may err either way: who asks it looks up what it holds, and finds out about what it does not.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    young: HashSet<u64>,
    old: HashSet<u64>,
}

impl Recent {
    pub(crate) fn holds(&self, id: [u8; 16]) -> bool {
        let id = folded(id);
        self.young.contains(&id) || self.old.contains(&id)
    }

    pub(crate) fn remember(&mut self, id: [u8; 16]) {
        if self.young.len() >= GENERATION {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(folded(id));
    }
}

/// Half as long: two ids that fall together cost one look-up.
fn folded(id: [u8; 16]) -> u64 {
    let id = u128::from_ne_bytes(id);
    id as u64 ^ (id >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> [u8; 16] {
        (number as u128).to_be_bytes()
    }

    #[test]
    fn the_last_ids_are_held_and_old_ones_are_let_go() {
        let mut recent = Recent::default();
        for number in 0..5 * GENERATION {
            assert!(!recent.holds(id(number)));
            recent.remember(id(number));
            assert!(recent.holds(id(number.saturating_sub(GENERATION))));
        }
        assert!(!recent.holds(id(0)));
        assert!(recent.young.len() + recent.old.len() <= 2 * GENERATION);
    }
}
