//! One form for each set of users: sketches of the same users differ in their bytes by the order in which these came.

use datasketches::error::Error as SketchError;
use datasketches::hll::{HllSketch, HllType, HllUnion};
use pgrx::prelude::*;

use crate::packed::{FLAGS, MODE, OUT_OF_ORDER};
use crate::sketch::LG_K;

/// All users of these sketches, as a sketch of eight bits a register without a history; `None` if one cannot be read, or
/// there is none.
#[pg_extern(sql = false)]
fn musicstream_sketch_canonical(sketches: Array<'_, &[u8]>) -> Option<Vec<u8>> {
    let sketches: Vec<&[u8]> = sketches.iter().flatten().collect();
    if sketches.is_empty() {
        return None;
    }
    canonical(&sketches).ok()
}

fn canonical(sketches: &[&[u8]]) -> Result<Vec<u8>, SketchError> {
    let mut union = HllUnion::new(LG_K)?;
    for bytes in sketches {
        union.update(&HllSketch::deserialize(bytes)?);
    }
    Ok(image(&union))
}

/// The form that depends on the set of users alone.
pub(crate) fn image(union: &HllUnion) -> Vec<u8> {
    let mut bytes = union.to_sketch(HllType::Hll8).serialize();
    match bytes[MODE] & 3 {
        0 => sort_words(&mut bytes[8..]),
        1 => sort_words(&mut bytes[12..]),
        _ => {
            bytes[FLAGS] |= OUT_OF_ORDER;
            bytes[8..16].fill(0); // the estimate that depends on the order
        }
    }
    bytes
}

fn sort_words(bytes: &mut [u8]) {
    let (words, _) = bytes.as_chunks_mut::<4>();
    words.sort_unstable();
}
