//! Subtransactions: work that can fail without aborting the transaction.

use std::panic::AssertUnwindSafe;
use std::ptr::null;

use pgrx::pg_sys::PgTryBuilder;
use pgrx::prelude::pg_extern;
use pgrx::spi::SpiClient;
use pgrx::{PgSqlErrorCode, pg_sys};

use crate::error::Error;

#[pg_extern(sql = false)]
fn is_own_xid(xid: pg_sys::TransactionId) -> bool {
    // SAFETY: only reads the transaction state of this backend.
    unsafe { pg_sys::TransactionIdIsCurrentTransactionId(xid) }
}

/// Runs `work` in a subtransaction. If Postgres raises one of the errors `expected`, the subtransaction is rolled back, which
/// releases its locks, and the inner result is the code of the error. Other errors propagate.
pub(crate) fn unless_raised<T>(
    client: &mut SpiClient<'_>,
    expected: &[PgSqlErrorCode],
    work: impl FnOnce(&mut SpiClient<'_>) -> Result<T, Error>,
) -> Result<Result<T, PgSqlErrorCode>, Error> {
    let subtransaction = Subtransaction::begin();
    let attempt = PgTryBuilder::new(AssertUnwindSafe(|| work(client).map(Ok)));
    let outcome = expected
        .iter()
        .fold(attempt, |attempt, &code| {
            attempt.catch_when(code, move |_| Ok(Err(code)))
        })
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
        Ok(Ok(_)) => subtransaction.release(),
        Ok(Err(_)) | Err(_) => subtransaction.roll_back(),
    }
    outcome
}

/// The backend's state that a subtransaction changes, to be restored at its end.
#[derive(Clone, Copy)]
struct Subtransaction {
    memory: pg_sys::MemoryContext,
    owner: pg_sys::ResourceOwner,
}

impl Subtransaction {
    fn begin() -> Subtransaction {
        // SAFETY: called by functions of the extension, so within a transaction. Like PL/pgSQL for a block with EXCEPTION, the memory
        // context stays that of the surrounding SPI connection, so that allocations outlive the subtransaction.
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
        self.restore();
    }

    fn roll_back(self) {
        // SAFETY: it is the innermost subtransaction, and the handler has already removed the error from Postgres's error stack.
        unsafe {
            pg_sys::CurrentMemoryContext = self.memory;
            pg_sys::RollbackAndReleaseCurrentSubTransaction();
        }
        self.restore();
    }

    fn restore(self) {
        // SAFETY: both existed before the subtransaction and outlive it.
        unsafe {
            pg_sys::CurrentMemoryContext = self.memory;
            pg_sys::CurrentResourceOwner = self.owner;
        }
    }
}
