//! The block that holds a row.

use pgrx::pg_sys;
use pgrx::prelude::*;

#[pg_extern(sql = false)]
fn block_number(place: pg_sys::ItemPointerData) -> i32 {
    let (block, _) = pgrx::itemptr::item_pointer_get_both(place);
    block.cast_signed() // hour_blocks stores integers; the number would turn negative at 16 TB, which no partition reaches
}
