//! HLL sketches of distinct user_ids in the format of Apache DataSketches: they can be merged, and other implementations
//! of DataSketches can read them.

mod canonical;
mod packed;

use datasketches::error::Error as SketchError;
use datasketches::hash::value::raw_bytes;
use datasketches::hll::{Coupon, HllSketch, HllType, HllUnion};
use pgrx::Internal;
use pgrx::prelude::*;

use self::canonical::canonical_bytes;
use crate::aggregate::with_state;
use crate::error::Error;

/// Binary logarithm of the number of registers: at most 8 kB per sketch, standard error 1.04 / √2¹⁴ = 0.8 %.
const LG_K: u8 = 14;

/// The hash of a user_id. All sketches must use the same hash, or they cannot be merged.
pub(crate) fn hash(user_id: &[u8]) -> Coupon {
    Coupon::from_value(raw_bytes::from_slice(user_id))
}

/// A sketch that is being filled from the events of one batch.
pub(crate) struct Sketch(HllSketch);

impl Default for Sketch {
    fn default() -> Sketch {
        // Eight bits per register: the fastest form to add to.
        Sketch(HllSketch::new(LG_K, HllType::Hll8).unwrap_or_else(|error| error!("{error}")))
    }
}

impl Sketch {
    /// Adds a user by its [`hash`].
    pub(crate) fn add(&mut self, user: Coupon) {
        self.0.update_with_coupon(user);
    }

    /// The bytes to store.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        packed::pack(&self.0.serialize()).unwrap_or_else(|| {
            let mut union = empty_union();
            union.update(&self.0);
            four_bits(&union)
        })
    }
}

fn empty_union() -> HllUnion {
    HllUnion::new(LG_K).unwrap_or_else(|error| error!("{error}"))
}

/// The bytes to store: four bits per register, the smallest form. `packed` handles arrays of registers only; the library
/// writes lists and sets of users.
fn stored(union: &HllUnion) -> Vec<u8> {
    packed::pack(&union.to_sketch(HllType::Hll8).serialize()).unwrap_or_else(|| four_bits(union))
}

fn four_bits(union: &HllUnion) -> Vec<u8> {
    union.to_sketch(HllType::Hll4).serialize()
}

/// Reads a sketch for merging: with eight bits per register, the form that a union works on.
fn read_wide(bytes: &[u8]) -> HllSketch {
    packed::unpack(bytes).map_or_else(|| read(bytes), |image| read(&image))
}

fn read(bytes: &[u8]) -> HllSketch {
    HllSketch::deserialize(bytes).unwrap_or_else(|error| Error::Sketch(error).raise())
}

/// Uses the composite estimate, because it depends on the set of users alone. The library's default estimate also depends on
/// the order in which users were added and on how they were split into batches.
#[pg_extern(sql = false)]
fn musicstream_sketch_estimate(sketch: &[u8]) -> f64 {
    read(sketch).composite_estimate()
}

#[pg_extern(sql = false)]
fn sketch_users_step(
    state: Internal,
    user_id: Option<&str>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Internal {
    with_state(state, fcinfo, empty_union, |union| {
        if let Some(user_id) = user_id {
            union.update_value(raw_bytes::from_slice(user_id.as_bytes()));
        }
    })
}

#[pg_extern(sql = false)]
fn sketch_union_step(
    state: Internal,
    sketch: Option<&[u8]>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Internal {
    with_state(state, fcinfo, empty_union, |union| {
        if let Some(sketch) = sketch {
            union.update(&read_wide(sketch));
        }
    })
}

/// Both sketches merged; `None` if `added` holds no user that is not in `sketch`.
#[pg_extern(sql = false)]
fn grown_sketch(sketch: Option<&[u8]>, added: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut union = empty_union();
    let before = sketch.map(|sketch| {
        union.update(&read_wide(sketch));
        canonical_bytes(&union)
    });
    union.update(&read_wide(added?));
    (before != Some(canonical_bytes(&union))).then(|| stored(&union))
}

/// All users of these sketches in the canonical form; `None` if there are no sketches or one of them is malformed.
#[pg_extern(sql = false)]
fn canonical_sketch(sketches: Array<'_, &[u8]>) -> Option<Vec<u8>> {
    let sketches: Vec<&[u8]> = sketches.iter().flatten().collect();
    if sketches.is_empty() {
        return None;
    }
    let union = merge(&sketches).ok()?;
    Some(canonical_bytes(&union))
}

fn merge(sketches: &[&[u8]]) -> Result<HllUnion, SketchError> {
    let mut union = HllUnion::new(LG_K)?;
    for bytes in sketches {
        union.update(&HllSketch::deserialize(bytes)?);
    }
    Ok(union)
}

#[pg_extern(sql = false)]
fn sketch_bytes(state: Internal) -> Option<Vec<u8>> {
    // SAFETY: only the two transition functions above produce the state of these aggregates, and both put a union there.
    unsafe { state.get::<HllUnion>() }.map(stored)
}
