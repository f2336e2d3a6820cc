//! What the aggregates of the extension have in common.

use pgrx::pg_sys;
use pgrx::{Internal, PgMemoryContexts};

use crate::error::Error;

/// Changes the state of an aggregate, which lives as long as the aggregate runs; the first call makes it.
pub(crate) fn with_state<T>(
    mut state: Internal,
    fcinfo: pg_sys::FunctionCallInfo,
    make: impl FnOnce() -> T,
    change: impl FnOnce(&mut T),
) -> Internal {
    let mut context = std::ptr::null_mut();
    // SAFETY: fcinfo is that of the call under way; the context is written where there is one.
    if unsafe { pg_sys::AggCheckCallContext(fcinfo, &mut context) } == 0 {
        Error::NoAggregate.raise();
    }
    if !state.initialized() {
        // SAFETY: the executor's context for the states of this aggregate, alive for the call.
        unsafe {
            PgMemoryContexts::For(context).switch_to(|_| {
                state.insert(make());
            });
        }
    }
    // SAFETY: only the transition functions of one aggregate see its state, and all of them put a `T` there.
    if let Some(value) = unsafe { state.get_mut::<T>() } {
        change(value);
    }
    state
}
