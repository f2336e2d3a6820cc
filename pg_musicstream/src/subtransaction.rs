//! Work that may fail without failing the transaction.

use std::panic::AssertUnwindSafe;
use std::ptr::null;

use pgrx::pg_sys::PgTryBuilder;
use pgrx::prelude::pg_extern;
use pgrx::spi::SpiClient;
use pgrx::{PgSqlErrorCode, pg_sys};

use crate::error::Error;

/// Whether this transaction, or a subtransaction that was not rolled back, has this id.
#[pg_extern(sql = false)]
fn musicstream_is_own(xid: pg_sys::TransactionId) -> bool {
    // SAFETY: looks the number up in the transaction state of this backend.
    unsafe { pg_sys::TransactionIdIsCurrentTransactionId(xid) }
}

/// Does `work` in a subtransaction. If Postgres raises `expected`, all of it is undone: `None`. Any other error goes on.
pub(crate) fn unless_raised<T>(
    client: &mut SpiClient<'_>,
    expected: PgSqlErrorCode,
    work: impl FnOnce(&mut SpiClient<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let subtransaction = Subtransaction::begin();
    let outcome = PgTryBuilder::new(AssertUnwindSafe(|| work(client).map(Some)))
        .catch_when(expected, |_| Ok(None))
        .catch_others(|error| {
            subtransaction.roll_back();
            error.rethrow()
        })
        .catch_rust_panic(|error| {
            subtransaction.roll_back();
            error.rethrow()
        })
        .execute();
    match outcome {
        Ok(Some(_)) => subtransaction.release(),
        Ok(None) | Err(_) => subtransaction.roll_back(),
    }
    outcome
}

/// What a subtransaction changes of the backend's state, and must give back.
#[derive(Clone, Copy)]
struct Subtransaction {
    memory: pg_sys::MemoryContext,
    owner: pg_sys::ResourceOwner,
}

impl Subtransaction {
    fn begin() -> Subtransaction {
        // SAFETY: called by functions of the extension, within a transaction. As PL/pgSQL does for a block with
        // EXCEPTION: what is allocated from here on must live in the memory of the surrounding SPI connection.
        unsafe {
            let subtransaction = Subtransaction {
                memory: pg_sys::CurrentMemoryContext,
                owner: pg_sys::CurrentResourceOwner,
            };
            pg_sys::BeginInternalSubTransaction(null());
            pg_sys::CurrentMemoryContext = subtransaction.memory;
            subtransaction
        }
    }

    fn release(self) {
        // SAFETY: it is the innermost subtransaction.
        unsafe { pg_sys::ReleaseCurrentSubTransaction() };
        self.give_back();
    }

    fn roll_back(self) {
        // SAFETY: as above; the error has been taken off Postgres's stack by whoever caught it.
        unsafe {
            pg_sys::CurrentMemoryContext = self.memory;
            pg_sys::RollbackAndReleaseCurrentSubTransaction();
        }
        self.give_back();
    }

    fn give_back(self) {
        // SAFETY: both existed before the subtransaction, and outlive it.
        unsafe {
            pg_sys::CurrentMemoryContext = self.memory;
            pg_sys::CurrentResourceOwner = self.owner;
        }
    }
}
