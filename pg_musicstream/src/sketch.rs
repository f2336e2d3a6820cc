//! Sketches of distinct user_ids: Apache DataSketches HLL, mergeable, readable by its other implementations.

use datasketches::hash::value::raw_bytes;
use datasketches::hll::{Coupon, HllSketch, HllType, HllUnion};
use pgrx::Internal;
use pgrx::prelude::*;

use crate::aggregate::with_state;
use crate::canonical;
use crate::error::Error;
use crate::packed;

/// Two to this power registers: at most 8 kB a sketch, and a standard error of 1.04 / √2¹⁴ = 0.8 %.
pub(crate) const LG_K: u8 = 14;

/// A user_id's hash, as all sketches take it.
pub(crate) fn hash(user_id: &[u8]) -> Coupon {
    Coupon::from_value(raw_bytes::from_slice(user_id))
}

/// The distinct users of some events.
pub(crate) struct Sketch(HllSketch);

impl Default for Sketch {
    fn default() -> Sketch {
        // Eight bits a register: the fastest to add to.
        Sketch(HllSketch::new(LG_K, HllType::Hll8).unwrap_or_else(|error| error!("{error}")))
    }
}

impl Sketch {
    /// Adds a user by its [`hash`].
    pub(crate) fn add(&mut self, user: Coupon) {
        self.0.update_with_coupon(user);
    }

    /// As it is stored.
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

/// Four bits a register: the smallest to store. What has no registers yet is what `packed` leaves to the library.
fn stored(union: &HllUnion) -> Vec<u8> {
    packed::pack(&union.to_sketch(HllType::Hll8).serialize()).unwrap_or_else(|| four_bits(union))
}

fn four_bits(union: &HllUnion) -> Vec<u8> {
    union.to_sketch(HllType::Hll4).serialize()
}

/// To be merged: with eight bits a register, which is what a union works on.
fn read_wide(bytes: &[u8]) -> HllSketch {
    packed::unpack(bytes).map_or_else(|| read(bytes), |image| read(&image))
}

fn read(bytes: &[u8]) -> HllSketch {
    HllSketch::deserialize(bytes).unwrap_or_else(|error| Error::Sketch(error).raise())
}

/// The estimate that depends on the set of users alone, not on the order in which they came nor on the batches.
#[pg_extern(sql = false)]
fn musicstream_sketch_estimate(sketch: &[u8]) -> f64 {
    read(sketch).composite_estimate()
}

#[pg_extern(sql = false)]
fn musicstream_sketch_add(
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
fn musicstream_sketch_merge(
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

/// Both merged; `None` if the first has seen all users of the second.
#[pg_extern(sql = false)]
fn musicstream_sketch_grown(sketch: Option<&[u8]>, added: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut union = empty_union();
    let before = sketch.map(|sketch| {
        union.update(&read_wide(sketch));
        canonical::image(&union)
    });
    union.update(&read_wide(added?));
    (before != Some(canonical::image(&union))).then(|| stored(&union))
}

#[pg_extern(sql = false)]
fn musicstream_sketch_bytes(state: Internal) -> Option<Vec<u8>> {
    // SAFETY: the transition functions, both here, put a union there; other callers have no value of type internal.
    unsafe { state.get::<HllUnion>() }.map(stored)
}
