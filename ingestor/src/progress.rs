//! The progress of a run: a bar on a terminal, otherwise a log message now and then.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The unit of positions and totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Bytes,
    Events,
}

/// Shows progress on standard error.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    /// Time between log messages.
    every: Duration,
    last: Instant,
    last_read: u64,
}

impl Progress {
    /// Starts. `total` may be unknown.
    pub(crate) fn start(unit: Unit, total: Option<u64>, every: Duration) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let template = match (unit, total) {
                (Unit::Bytes, Some(_)) => "{bar:30} {bytes}/{total_bytes}  {msg}  {eta} left",
                (Unit::Events, Some(_)) => "{bar:30} {human_pos}/{human_len}  {msg}  {eta} left",
                (_, None) => "{spinner} {msg}",
            };
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(5));
            bar.with_style(style)
        });
        Progress {
            bar,
            every,
            last: Instant::now(),
            last_read: 0,
        }
    }

    /// Shows the progress: `read` events are done; `position` and `total` are in the unit given to
    /// [`Progress::start`].
    pub(crate) fn update(&mut self, read: u64, position: u64, total: Option<u64>) {
        let elapsed = self.last.elapsed();
        if let Some(bar) = &self.bar {
            if elapsed < Duration::from_millis(200) {
                return;
            }
            if let Some(total) = total {
                bar.set_length(total);
            }
            bar.set_position(position);
            if elapsed >= Duration::from_secs(1) {
                bar.set_message(format!("{} events, {:.0}/s", read, self.rate(read)));
                self.remember(read);
            }
            return;
        }
        if elapsed < self.every || read == self.last_read {
            return;
        }
        let percent = total
            .filter(|total| *total > 0)
            .map(|total| position.min(total) * 100 / total);
        let events_per_second = self.rate(read).round();
        match percent {
            Some(percent) => {
                tracing::info!(events = read, events_per_second, percent, "progress")
            }
            None => tracing::info!(events = read, events_per_second, "progress"),
        }
        self.remember(read);
    }

    fn rate(&self, read: u64) -> f64 {
        read.saturating_sub(self.last_read) as f64 / self.last.elapsed().as_secs_f64().max(0.001)
    }

    fn remember(&mut self, read: u64) {
        self.last = Instant::now();
        self.last_read = read;
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
