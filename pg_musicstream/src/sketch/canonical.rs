//! The canonical form of a sketch: equal bytes for equal sets of users.
//!
//! The bytes that the library writes also depend on the order in which the users were added.

use datasketches::hll::{HllType, HllUnion};

use super::packed::{FLAGS, MODE, OUT_OF_ORDER};

/// The canonical form: eight bits per register, entries sorted, and no estimate that depends on the order of the users.
pub(super) fn canonical_bytes(union: &HllUnion) -> Vec<u8> {
    let mut bytes = union.to_sketch(HllType::Hll8).serialize();
    match bytes[MODE] & 3 {
        0 => sort_words(&mut bytes[8..]),  // a list of users
        1 => sort_words(&mut bytes[12..]), // a set of users
        _ => {
            bytes[FLAGS] |= OUT_OF_ORDER;
            bytes[8..16].fill(0); // the estimate
        }
    }
    bytes
}

fn sort_words(bytes: &mut [u8]) {
    let (words, _) = bytes.as_chunks_mut::<4>();
    words.sort_unstable();
}
