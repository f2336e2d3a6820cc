//! The states in which a file was loaded before, as the ledger keeps them in its column source_identity.
//!
//! First comes the checksum of the content before the position, then those at the ends of earlier loads. They identify a file
//! of which a longer copy was loaded since: the position in the ledger is that of the copy.

/// Bytes of the checksum at the ledger's position.
const CHECKSUM_BYTES: usize = 32;
/// Bytes of an earlier checksum: enough to distinguish prefixes of one file.
const EARLIER_BYTES: usize = 16;
const STATE_BYTES: usize = size_of::<u64>() + EARLIER_BYTES;
/// Number of states that are kept for a file that is appended to and loaded again and again; older ones are dropped.
const MAX_STATES: usize = 32;

/// The content before a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) position: u64,
    /// The first bytes of its checksum.
    pub(crate) checksum: Vec<u8>,
}

/// Earlier states, by position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct States(Vec<State>);

impl States {
    /// The state at the ledger's position, and the earlier ones.
    pub(crate) fn of_ledger(position: u64, stored: &[u8]) -> (State, States) {
        let (checksum, earlier) = stored.split_at(stored.len().min(CHECKSUM_BYTES));
        let earlier = earlier.chunks_exact(STATE_BYTES).filter_map(|state| {
            let (position, checksum) = state.split_first_chunk()?;
            Some(State {
                position: u64::from_be_bytes(*position),
                checksum: checksum.to_vec(),
            })
        });
        let checksum = checksum.to_vec();
        (State { position, checksum }, States(earlier.collect()))
    }

    /// Adds a state that is longer than the others.
    pub(crate) fn push(&mut self, state: State) {
        self.0.retain(|earlier| earlier.position < state.position);
        self.0.push(state);
        let surplus = self.0.len().saturating_sub(MAX_STATES);
        self.0.drain(..surplus);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &State> {
        self.0.iter()
    }

    /// The value for the ledger's column source_identity, for a position with this checksum.
    pub(crate) fn for_ledger(&self, checksum: &[u8; CHECKSUM_BYTES]) -> Vec<u8> {
        let mut stored = checksum.to_vec();
        for state in &self.0 {
            stored.extend(state.position.to_be_bytes());
            stored.extend(&state.checksum[..EARLIER_BYTES.min(state.checksum.len())]);
        }
        stored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(position: u64, checksum: &[u8]) -> State {
        State {
            position,
            checksum: checksum.to_vec(),
        }
    }

    #[test]
    fn a_stored_state_is_read_back() {
        let mut states = States::default();
        assert_eq!(
            States::of_ledger(9, &states.for_ledger(&[7; 32])),
            (state(9, &[7; 32]), States::default()),
            "as written before earlier states were kept"
        );
        states.push(state(5, &[1; 32]));
        states.push(state(1 << 40, &[2; 32]));
        let (now, earlier) = States::of_ledger(1 << 41, &states.for_ledger(&[3; 32]));
        assert_eq!(now, state(1 << 41, &[3; 32]));
        let earlier: Vec<State> = earlier.iter().cloned().collect();
        assert_eq!(earlier, [state(5, &[1; 16]), state(1 << 40, &[2; 16])]);
        assert_eq!(States::of_ledger(0, &[]).0, state(0, &[]));
    }

    #[test]
    fn the_oldest_states_are_dropped() {
        let mut states = States::default();
        for position in 1..=100 {
            states.push(state(position, &[0; 32]));
            states.push(state(position, &[1; 32]));
        }
        let positions: Vec<u64> = states.iter().map(|state| state.position).collect();
        assert_eq!(positions, Vec::from_iter(69..=100));
        assert!(states.iter().all(|state| state.checksum == [1; 32]));
    }
}
