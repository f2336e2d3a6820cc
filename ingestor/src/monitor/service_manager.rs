//! `sd_notify`: readiness, status and watchdog messages to the service manager (systemd), if it requests them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use sd_notify::NotifyState;

use super::Monitor;
use crate::shutdown::Shutdown;

/// Time between two checks of the health and of the stop flag.
const CHECK_EVERY: Duration = Duration::from_millis(250);

/// After this long a stream that waits out an outage counts as started. A start job that waited for Kafka and Postgres
/// would end in a timeout, and would hold up the installation of a package, which waits for the restart.
const STARTED_AFTER: Duration = Duration::from_secs(30);

/// The thread that reports. It ends when this is dropped, after `STOPPING=1`.
pub(crate) struct Reports(Option<(Arc<AtomicBool>, JoinHandle<()>)>);

/// Reports the health of all topics to the service manager that `NOTIFY_SOCKET` names; does nothing without one.
///
/// # Errors
/// No thread can be started.
pub(crate) fn report_to_service_manager(
    monitor: &Arc<Monitor>,
    shutdown: &Shutdown,
) -> anyhow::Result<Reports> {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return Ok(Reports(None));
    }
    let has_ended = Arc::new(AtomicBool::new(false));
    let (monitor, shutdown, ended) = (monitor.clone(), shutdown.clone(), has_ended.clone());
    let thread = std::thread::Builder::new()
        .name("sd_notify".to_owned())
        .spawn(move || {
            if let Err(error) = report(&monitor, || {
                shutdown.is_asked() || ended.load(Ordering::Relaxed)
            }) {
                tracing::error!(%error, "cannot report to the service manager");
            }
        })
        .context("cannot start the thread that reports to the service manager")?;
    Ok(Reports(Some((has_ended, thread))))
}

impl Drop for Reports {
    fn drop(&mut self) {
        if let Some((has_ended, thread)) = self.0.take() {
            has_ended.store(true, Ordering::Relaxed);
            thread.thread().unpark();
            // The thread does not panic, and logs its errors.
            let _ = thread.join();
        }
    }
}

/// Reports until the stream is to stop. While it drains, systemd does not enforce the watchdog.
fn report(monitor: &Monitor, is_stopping: impl Fn() -> bool) -> std::io::Result<()> {
    let watchdog = sd_notify::watchdog_enabled();
    let mut reporter = Reporter::new(Instant::now(), watchdog);
    while !is_stopping() {
        let readiness = monitor.check_all(|health| health.is_ready());
        let is_alive = monitor.check_all(|health| health.is_alive()).is_ok();
        for message in reporter.messages(Instant::now(), &readiness, is_alive) {
            sd_notify::notify(&[message.as_state()])?;
        }
        std::thread::park_timeout(CHECK_EVERY);
    }
    sd_notify::notify(&[NotifyState::Stopping, NotifyState::Status("draining")])
}

#[derive(Debug, PartialEq, Eq)]
enum Message {
    Ready,
    Watchdog,
    Status(String),
}

impl Message {
    fn as_state(&self) -> NotifyState<'_> {
        match self {
            Message::Ready => NotifyState::Ready,
            Message::Watchdog => NotifyState::Watchdog,
            Message::Status(status) => NotifyState::Status(status),
        }
    }
}

/// What was reported, and what is to be reported next.
struct Reporter {
    began_at: Instant,
    is_started: bool,
    /// Half of the watchdog's timeout, as `sd_watchdog_enabled(3)` recommends.
    watchdog_every: Option<Duration>,
    watchdog_at: Instant,
    /// Without digits, so that a growing number of seconds does not count as a new status.
    last_status: String,
}

impl Reporter {
    fn new(now: Instant, watchdog: Option<Duration>) -> Reporter {
        Reporter {
            began_at: now,
            is_started: false,
            watchdog_every: watchdog.map(|timeout| timeout / 2),
            watchdog_at: now,
            last_status: String::new(),
        }
    }

    fn messages(
        &mut self,
        now: Instant,
        readiness: &Result<(), String>,
        is_alive: bool,
    ) -> Vec<Message> {
        let mut messages = Vec::new();
        let has_waited = is_alive && now.duration_since(self.began_at) >= STARTED_AFTER;
        if !self.is_started && (readiness.is_ok() || has_waited) {
            self.is_started = true;
            messages.push(Message::Ready);
        }
        let status = match readiness {
            Ok(()) => "ready".to_owned(),
            Err(why) => why.replace('\n', "; "),
        };
        let kind = status.replace(|letter: char| letter.is_ascii_digit(), "");
        if kind != self.last_status {
            self.last_status = kind;
            messages.push(Message::Status(status));
        }
        if let Some(every) = self.watchdog_every
            && is_alive
            && now >= self.watchdog_at
        {
            self.watchdog_at = now + every;
            messages.push(Message::Watchdog);
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outage(seconds: u64) -> Result<(), String> {
        Err(format!("a: no event can be stored for {seconds} s\nb: x"))
    }

    #[test]
    fn ready_once_events_are_stored_or_after_a_while_in_an_outage() {
        let began = Instant::now();
        let mut reporter = Reporter::new(began, None);
        let waiting = Message::Status("a: no event can be stored for 1 s; b: x".to_owned());
        assert_eq!(reporter.messages(began, &outage(1), true), [waiting]);
        let soon = began + Duration::from_secs(9);
        assert_eq!(reporter.messages(soon, &outage(10), true), []);
        let started = began + STARTED_AFTER;
        assert_eq!(
            reporter.messages(started, &outage(30), false),
            [],
            "it hangs"
        );
        assert_eq!(
            reporter.messages(started, &outage(30), true),
            [Message::Ready]
        );
        let ready = Message::Status("ready".to_owned());
        assert_eq!(reporter.messages(started, &Ok(()), true), [ready]);
        let mut reporter = Reporter::new(began, None);
        let ready = Message::Status("ready".to_owned());
        assert_eq!(
            reporter.messages(began, &Ok(()), true),
            [Message::Ready, ready]
        );
    }

    #[test]
    fn the_watchdog_is_notified_only_while_the_poll_loop_moves() {
        let began = Instant::now();
        let second = Duration::from_secs(1);
        let mut reporter = Reporter::new(began, Some(2 * second));
        let mut is_notified = |at: Instant, is_alive| {
            let messages = reporter.messages(at, &Ok(()), is_alive);
            messages.contains(&Message::Watchdog)
        };
        assert!(is_notified(began, true));
        assert!(!is_notified(began + second / 2, true), "not yet due again");
        assert!(is_notified(began + second, true));
        assert!(!is_notified(began + 2 * second, false), "it hangs");
        assert!(is_notified(began + 3 * second, true));
    }
}
