//! Stopping on SIGTERM or SIGINT: once to drain, twice to stop at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells whether a stop was asked for; clones share one answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shutdown {
    asked: Arc<AtomicBool>,
}

impl Shutdown {
    /// Listens for SIGTERM and SIGINT from now on. A second signal ends the process at once
    /// with the conventional code 128 + signal.
    pub(crate) fn on_signal() -> std::io::Result<Shutdown> {
        let shutdown = Shutdown::default();
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
            // Order matters: the conditional exit must see the flag before this signal sets it.
            signal_hook::flag::register_conditional_shutdown(
                signal,
                128 + signal,
                shutdown.asked.clone(),
            )?;
            signal_hook::flag::register(signal, shutdown.asked.clone())?;
        }
        Ok(shutdown)
    }

    /// Asks for it from within.
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether to stop.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}
