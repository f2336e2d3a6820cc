//! Calls Postgres's COPY FROM on rows in memory. Postgres routes the rows to their partitions, checks them and writes them in
//! bulk, as when logical replication copies a table.

use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};

use pgrx::pg_sys;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::encoding::ServerEncoding;

/// Copies rows into the table by COPY BINARY. `read` provides the stream, which has these columns: it fills a buffer and returns
/// the number of bytes, 0 at the end.
///
/// Privileges are not checked; the caller must have made sure that the rows may be written. Errors that Postgres raises, such as a
/// violated constraint, propagate as from a statement. Some rows may have been written by then; only a rollback of the surrounding
/// transaction or subtransaction removes them.
pub(crate) fn copy_from(
    _connected: &mut SpiClient<'_>,
    table: pg_sys::Oid,
    columns: &[&'static CStr],
    mut read: impl FnMut(&mut [u8]) -> usize,
) {
    let _feed = Feed::begin(&mut read);
    let _encoding = ServerEncoding::begin();
    // SAFETY: the SPI connection implies a transaction with an active snapshot. Allocations belong to the memory context of that
    // connection. Relation and state are closed here, or at the end of the (sub)transaction if an error is raised.
    unsafe {
        let relation = pg_sys::table_open(table, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE);
        let parse_state = pg_sys::make_parsestate(ptr::null_mut());
        pg_sys::addRangeTableEntryForRelation(
            parse_state,
            relation,
            pg_sys::RowExclusiveLock as c_int,
            ptr::null_mut(),
            false,
            false,
        );
        let names = columns.iter().fold(ptr::null_mut(), |list, column| {
            pg_sys::lappend(list, string_node(column))
        });
        let format = pg_sys::makeDefElem(
            c"format".as_ptr().cast_mut(),
            string_node(c"binary").cast(),
            -1,
        );
        let options = pg_sys::lappend(ptr::null_mut(), format.cast());
        let state = pg_sys::BeginCopyFrom(
            parse_state,
            relation,
            ptr::null_mut(),
            ptr::null(),
            false,
            Some(next_bytes),
            names,
            options,
        );
        pg_sys::CopyFrom(state);
        pg_sys::EndCopyFrom(state);
        pg_sys::free_parsestate(parse_state);
        pg_sys::table_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
        pg_sys::CommandCounterIncrement(); // makes the rows visible to later statements
    }
}

/// A string node of a parse tree.
///
/// # Safety
/// Allocates in the current memory context.
unsafe fn string_node(text: &'static CStr) -> *mut c_void {
    // SAFETY: Postgres reads but never writes nodes of a parse tree, and the text is static.
    unsafe { pg_sys::makeString(text.as_ptr().cast_mut()) }.cast()
}

type Read<'a> = dyn FnMut(&mut [u8]) -> usize + 'a;

thread_local! {
    // Postgres calls the callback without an argument that could carry a pointer. A backend has one thread.
    static FEED: Cell<Option<NonNull<Read<'static>>>> = const { Cell::new(None) };
}

/// Makes `read` available to the callback until it is dropped.
struct Feed;

impl Feed {
    fn begin<'a>(read: &'a mut Read<'a>) -> Feed {
        // SAFETY: only the lifetime is extended. The pointer is removed when this value is dropped, which happens in `copy_from`
        // while `read` is alive.
        let read: &'static mut Read<'static> = unsafe { std::mem::transmute(read) };
        FEED.set(Some(NonNull::from(read)));
        Feed
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        FEED.set(None);
    }
}

/// Writes at most `most` bytes to `buffer`. Fewer than `least` bytes mean the end of the stream.
#[pg_guard]
unsafe extern "C-unwind" fn next_bytes(buffer: *mut c_void, least: c_int, most: c_int) -> c_int {
    // SAFETY: Postgres passes a buffer of at least `most` bytes.
    let buffer = unsafe { std::slice::from_raw_parts_mut(buffer.cast::<u8>(), most as usize) };
    let Some(mut read) = FEED.get() else {
        return 0;
    };
    let mut filled = 0;
    loop {
        // SAFETY: set by the `Feed` of the running copy, which keeps it alive until the copy ends.
        let length = unsafe { read.as_mut() }(&mut buffer[filled..]);
        filled += length;
        if length == 0 || filled >= least as usize {
            return filled as c_int;
        }
    }
}
