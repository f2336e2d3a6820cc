//! The state of the aggregates.

use pgrx::pg_sys;
use pgrx::{Internal, PgMemoryContexts};

use crate::error::Error;

/// Changes the state of an aggregate. The first call of the aggregate creates the state, and it lives as long as the aggregate
/// runs.
pub(crate) fn with_state<T>(
    mut state: Internal,
    fcinfo: pg_sys::FunctionCallInfo,
    make: impl FnOnce() -> T,
    change: impl FnOnce(&mut T),
) -> Internal {
    let mut context = std::ptr::null_mut();
    // SAFETY: fcinfo belongs to the current call; the function writes the context if it is called for an aggregate.
    if unsafe { pg_sys::AggCheckCallContext(fcinfo, &mut context) } == 0 {
        Error::NoAggregate.raise();
    }
    if !state.initialized() {
        // SAFETY: the executor's memory context for the states of this aggregate, which outlives the call.
        unsafe {
            PgMemoryContexts::For(context).switch_to(|_| {
                state.insert(make());
            });
        }
    }
    // SAFETY: only the transition functions of one aggregate receive its state, and all of them store a `T` in it.
    if let Some(value) = unsafe { state.get_mut::<T>() } {
        change(value);
    }
    state
}
