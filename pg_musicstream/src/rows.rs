//! Passes the rows of a statement to a callback as the executor produces them. SPI would copy all of them into memory first, and a
//! batch has a hundred thousand rows.

use std::borrow::Cow;
use std::ffi::CString;
use std::marker::PhantomData;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys;
use pgrx::prelude::*;
use pgrx::spi::{self, SpiClient};
use pgrx::varlena::{varatt_is_1b, varatt_is_1b_e, varatt_is_4b_u, varlena_to_byte_slice};

use crate::error::Error;

/// Runs a statement, which may change data, and calls `each` with each of its rows.
pub(crate) fn for_each_row(
    _connected: &mut SpiClient<'_>,
    statement: &str,
    parameters: &[DatumWithOid<'_>],
    mut each: impl FnMut(Row<'_>),
) -> Result<(), Error> {
    let statement =
        CString::new(statement).map_err(|_| spi::Error::SpiError(spi::SpiErrorCodes::Argument))?;
    let mut receiver = Receiver {
        callbacks: pg_sys::DestReceiver {
            receiveSlot: Some(receive),
            rStartup: Some(start),
            rShutdown: Some(end),
            rDestroy: Some(end),
            mydest: pg_sys::CommandDest::DestNone,
        },
        each: &mut each,
    };
    let options = pg_sys::SPIExecuteOptions {
        params: parameter_list(parameters),
        dest: (&raw mut receiver).cast(),
        ..Default::default()
    };
    // SAFETY: SPI is connected; text, options and receiver outlive the call.
    let status = unsafe { pg_sys::SPI_execute_extended(statement.as_ptr(), &options) };
    Spi::check_status(status)?;
    Ok(())
}

/// Allocates the list in the memory context of the SPI connection.
fn parameter_list(parameters: &[DatumWithOid<'_>]) -> pg_sys::ParamListInfo {
    // SAFETY: the list has room for all parameters, and their values outlive the statement.
    unsafe {
        let list = pg_sys::makeParamList(parameters.len() as std::ffi::c_int);
        let slots = (*list).params.as_mut_slice(parameters.len());
        for (slot, parameter) in slots.iter_mut().zip(parameters) {
            let value = parameter.datum();
            slot.isnull = value.is_none();
            slot.value = value.map_or(pg_sys::Datum::null(), |value| value.sans_lifetime());
            slot.ptype = parameter.oid();
            slot.pflags = pg_sys::PARAM_FLAG_CONST as u16; // the planner sees the values
        }
        list
    }
}

/// The destination of the rows.
#[repr(C)]
struct Receiver<'a> {
    /// Must be the first field: the executor passes the address of the callbacks as the address of the receiver.
    callbacks: pg_sys::DestReceiver,
    each: &'a mut dyn FnMut(Row<'_>),
}

#[pg_guard]
unsafe extern "C-unwind" fn receive(
    slot: *mut pg_sys::TupleTableSlot,
    receiver: *mut pg_sys::DestReceiver,
) -> bool {
    // SAFETY: the executor passes the receiver that it was given, which is a `Receiver`, and a slot that holds a row until this
    // function returns.
    unsafe {
        let receiver = &mut *receiver.cast::<Receiver<'_>>();
        let columns = (*(*slot).tts_tupleDescriptor).natts;
        if i32::from((*slot).tts_nvalid) < columns {
            pg_sys::slot_getsomeattrs_int(slot, columns);
        }
        (receiver.each)(Row {
            slot,
            executor: PhantomData,
        });
    }
    true
}

#[pg_guard]
unsafe extern "C-unwind" fn start(
    _receiver: *mut pg_sys::DestReceiver,
    _operation: std::ffi::c_int,
    _columns: pg_sys::TupleDesc,
) {
}

#[pg_guard]
unsafe extern "C-unwind" fn end(_receiver: *mut pg_sys::DestReceiver) {}

/// One row. Columns are numbered from 1. The method must match the type of the column, and the column must not be null unless the
/// method returns an `Option`.
#[derive(Clone, Copy)]
pub(crate) struct Row<'row> {
    slot: *mut pg_sys::TupleTableSlot,
    executor: PhantomData<&'row ()>,
}

impl<'row> Row<'row> {
    pub(crate) fn bool(&self, column: usize) -> bool {
        self.datum(column).value() != 0
    }

    pub(crate) fn long(&self, column: usize) -> i64 {
        self.datum(column).value() as i64
    }

    /// In microseconds since Postgres's epoch.
    pub(crate) fn timestamp(&self, column: usize) -> i64 {
        self.long(column)
    }

    pub(crate) fn uuid(&self, column: usize) -> [u8; 16] {
        // SAFETY: the datum of a uuid is a pointer to 16 bytes in the row.
        unsafe { *self.datum(column).cast_mut_ptr::<[u8; 16]>() }
    }

    /// A ctid.
    pub(crate) fn tid(&self, column: usize) -> pg_sys::ItemPointerData {
        // SAFETY: the datum of a tid is a pointer to this struct in the row.
        unsafe { *self.datum(column).cast_mut_ptr() }
    }

    /// The bytes of a text, which may be compressed or stored out of line; `None` for null.
    pub(crate) fn bytes(&self, column: usize) -> Option<Cow<'row, [u8]>> {
        let stored: *mut pg_sys::varlena = self.value(column)?.cast_mut_ptr();
        // SAFETY: the varlena is part of the row. If it is compressed or stored out of line, detoasting returns a copy, which is
        // freed here.
        unsafe {
            let is_plain =
                (varatt_is_1b(stored) && !varatt_is_1b_e(stored)) || varatt_is_4b_u(stored);
            if is_plain {
                return Some(Cow::Borrowed(varlena_to_byte_slice(stored)));
            }
            let copy = pg_sys::pg_detoast_datum_packed(stored);
            let bytes = varlena_to_byte_slice(copy).to_vec();
            pg_sys::pfree(copy.cast());
            Some(Cow::Owned(bytes))
        }
    }

    pub(crate) fn is_null(&self, column: usize) -> bool {
        self.value(column).is_none()
    }

    /// `None` for null.
    pub(crate) fn optional_int(&self, column: usize) -> Option<i32> {
        Some(self.value(column)?.value() as i32)
    }

    /// `None` for null.
    pub(crate) fn optional_long(&self, column: usize) -> Option<i64> {
        Some(self.value(column)?.value() as i64)
    }

    fn datum(&self, column: usize) -> pg_sys::Datum {
        self.value(column)
            .unwrap_or_else(|| panic!("column {column} is null"))
    }

    /// `None` for null.
    fn value(&self, column: usize) -> Option<pg_sys::Datum> {
        // SAFETY: `receive` has deformed the row, so both arrays are filled for all columns.
        unsafe {
            let slot = &*self.slot;
            let columns = (*slot.tts_tupleDescriptor).natts as usize;
            assert!(
                (1..=columns).contains(&column),
                "no column {column} of {columns}"
            );
            let is_null = *slot.tts_isnull.add(column - 1);
            (!is_null).then(|| *slot.tts_values.add(column - 1))
        }
    }
}
