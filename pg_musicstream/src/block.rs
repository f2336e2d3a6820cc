//! Where a row lies.

use pgrx::pg_sys;
use pgrx::prelude::*;

#[pg_extern(sql = false)]
fn musicstream_block(place: pg_sys::ItemPointerData) -> i32 {
    let (block, _) = pgrx::itemptr::item_pointer_get_both(place);
    block.cast_signed() // hour_blocks holds integers; no partition comes near the 16 TB where this turns negative
}
