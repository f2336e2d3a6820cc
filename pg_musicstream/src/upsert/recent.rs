//! Remembers the event_ids that the session stored recently. Most duplicates arrive soon after the first event; looking up only these
//! ids lets an optimistic insert of the rest of the batch succeed.

use foldhash::HashSet;

/// Maximum number of ids in a generation. Two generations are kept, 5 MB together.
const GENERATION: usize = 1 << 17;

/// Best-effort cache. A false hit costs one lookup, a miss costs one failed optimistic insert; neither affects correctness.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    young: HashSet<u64>,
    old: HashSet<u64>,
}

impl Recent {
    pub(crate) fn contains(&self, id: [u8; 16]) -> bool {
        let id = folded(id);
        self.young.contains(&id) || self.old.contains(&id)
    }

    pub(crate) fn insert(&mut self, id: [u8; 16]) {
        if self.young.len() >= GENERATION {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(folded(id));
    }
}

/// The id reduced to 64 bits. A collision costs one lookup.
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
    fn recent_ids_are_kept_and_old_ones_dropped() {
        let mut recent = Recent::default();
        for number in 0..5 * GENERATION {
            assert!(!recent.contains(id(number)));
            recent.insert(id(number));
            assert!(recent.contains(id(number.saturating_sub(GENERATION))));
        }
        assert!(!recent.contains(id(0)));
        assert!(recent.young.len() + recent.old.len() <= 2 * GENERATION);
    }
}
