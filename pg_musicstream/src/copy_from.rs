//! Postgres's own COPY FROM, called from inside and fed from memory: rows are routed to their partitions, checked and
//! written in bulk by core code, as when logical replication copies a table.

use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};

use pgrx::pg_sys;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::encoding::ServerEncoding;

/// Copies rows into the table: COPY BINARY of these columns, by all of which the stream of `read` is made. `read` fills a
/// buffer as far as it has something, and returns how far, 0 at the end.
///
/// No rights are checked: the caller has made sure that the rows may be written. What Postgres raises, a violated
/// constraint above all, goes on as it does from a statement; then rows may have been written, and only the end of the
/// surrounding transaction or subtransaction undoes them.
pub(crate) fn copy_from(
    _connected: &mut SpiClient<'_>,
    table: pg_sys::Oid,
    columns: &[&'static CStr],
    mut read: impl FnMut(&mut [u8]) -> usize,
) {
    let _feed = Feed::begin(&mut read);
    let _encoding = ServerEncoding::begin();
    // SAFETY: within a transaction with an active snapshot, as the connection to SPI shows. What is allocated lives in
    // the memory of that connection; relation and state are closed here or by the end of the failed (sub)transaction.
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
        pg_sys::CommandCounterIncrement(); // later statements see the rows
    }
}

/// A string of a parse tree.
///
/// # Safety
/// As for any allocation in the current memory context.
unsafe fn string_node(text: &'static CStr) -> *mut c_void {
    // SAFETY: nodes of a parse tree are read, never written, and the text lives as long as the program.
    unsafe { pg_sys::makeString(text.as_ptr().cast_mut()) }.cast()
}

type Read<'a> = dyn FnMut(&mut [u8]) -> usize + 'a;

thread_local! {
    // Postgres calls back without an argument that could tell for whom. A backend has one thread.
    static FEED: Cell<Option<NonNull<Read<'static>>>> = const { Cell::new(None) };
}

/// What the callback reads from, while it lives.
struct Feed;

impl Feed {
    fn begin<'a>(read: &'a mut Read<'a>) -> Feed {
        // SAFETY: only the lifetime changes. The pointer is used until this value is dropped, which is in `copy_from`,
        // where `read` lives.
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

/// At most `most` bytes into `buffer`; fewer than `least` say that this is the end.
#[pg_guard]
unsafe extern "C-unwind" fn next_bytes(buffer: *mut c_void, least: c_int, most: c_int) -> c_int {
    // SAFETY: Postgres gives a buffer of that many bytes.
    let buffer = unsafe { std::slice::from_raw_parts_mut(buffer.cast::<u8>(), most as usize) };
    let Some(mut read) = FEED.get() else {
        return 0;
    };
    let mut filled = 0;
    loop {
        // SAFETY: set by the `Feed` of the copy that calls back, and alive until that ends.
        let length = unsafe { read.as_mut() }(&mut buffer[filled..]);
        filled += length;
        if length == 0 || filled >= least as usize {
            return filled as c_int;
        }
    }
}
