//! Shutdown by SIGTERM or SIGINT: the first signal drains, the second one ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a shutdown was requested. Clones share one flag.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shutdown {
    asked: Arc<AtomicBool>,
}

impl Shutdown {
    /// Handles SIGTERM and SIGINT from now on. A second signal ends the process at once with the conventional exit code
    /// 128 + signal.
    pub(crate) fn on_signal() -> std::io::Result<Shutdown> {
        let shutdown = Shutdown::default();
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
            // In this order: the conditional shutdown must see the flag before the same signal sets it.
            signal_hook::flag::register_conditional_shutdown(
                signal,
                128 + signal,
                shutdown.asked.clone(),
            )?;
            signal_hook::flag::register(signal, shutdown.asked.clone())?;
        }
        Ok(shutdown)
    }

    /// Requests a shutdown without a signal.
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether a shutdown was requested.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}
