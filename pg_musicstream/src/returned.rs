//! Rows that a statement returned, read in place in Postgres's own result table: a batch has a hundred thousand.

use std::marker::PhantomData;

use pgrx::pg_sys;
use pgrx::spi::{SpiClient, SpiTupleTable};

/// The rows of one statement, for as long as its SPI connection is open.
pub(crate) struct Rows<'client> {
    table: *const pg_sys::SPITupleTable,
    len: usize,
    connection: PhantomData<&'client ()>,
}

/// One row of [`Rows`].
#[derive(Clone, Copy)]
pub(crate) struct Row<'client> {
    tuple: pg_sys::HeapTuple,
    columns: pg_sys::TupleDesc,
    connection: PhantomData<&'client ()>,
}

impl<'client> Rows<'client> {
    /// The rows of the statement that `result` came from, which must be the last one run on this connection.
    pub(crate) fn of(_client: &'client SpiClient<'_>, result: &SpiTupleTable<'_>) -> Rows<'client> {
        // SAFETY: SPI leaves the table of the last statement here, and keeps it until the connection is closed, which
        // the borrow of the client outlives.
        let table = unsafe { pg_sys::SPI_tuptable };
        Rows {
            table,
            len: result.len(),
            connection: PhantomData,
        }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Each in turn.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Row<'client>> + '_ {
        (0..self.len).map(|index| {
            // SAFETY: the table holds `len` tuples, all of the shape that `tupdesc` describes.
            let (tuple, columns) =
                unsafe { (*(*self.table).vals.add(index), (*self.table).tupdesc) };
            Row {
                tuple,
                columns,
                connection: PhantomData,
            }
        })
    }
}

impl<'client> Row<'client> {
    /// A column of type uuid that is not null, by its number from 1.
    pub(crate) fn uuid(&self, column: i32) -> [u8; 16] {
        // SAFETY: a uuid is a pointer to 16 bytes within the tuple.
        unsafe { *self.datum(column).cast_mut_ptr::<[u8; 16]>() }
    }

    /// A column of type timestamptz that is not null, by its number from 1.
    pub(crate) fn timestamp(&self, column: i32) -> i64 {
        self.datum(column).value() as i64
    }

    /// A column of type text that is not null, by its number from 1. It must be stored inline: short and never large.
    pub(crate) fn text(&self, column: i32) -> &'client str {
        // SAFETY: the varlena lies within the tuple; the server's encoding is UTF-8 or the bytes are ASCII-compatible
        // names, which the wire format has checked.
        unsafe { pgrx::varlena::text_to_rust_str_unchecked(self.datum(column).cast_mut_ptr()) }
    }

    fn datum(&self, column: i32) -> pg_sys::Datum {
        let mut is_null = false;
        // SAFETY: tuple and descriptor belong together; an unknown column number gives null.
        let datum =
            unsafe { pg_sys::SPI_getbinval(self.tuple, self.columns, column, &mut is_null) };
        assert!(!is_null, "column {column} of a returned row is null");
        datum
    }
}
