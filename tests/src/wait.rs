//! Waits for conditions, never for a fixed time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Bounds of the time between two evaluations of a condition.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Polls a condition until it returns a value, at first often, then with pauses of a tenth of the time waited so far: most
/// conditions are queries, and ten tests that wait at a time would keep the server busy.
///
/// # Panics
/// It returns none within this time; the message names what was awaited.
pub fn until<T>(within: Duration, what: &str, condition: impl FnMut() -> Option<T>) -> T {
    poll(within, what, condition, |waited| {
        (waited / 10).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
    })
}

/// As [`until`], with always this pause between two polls; zero polls without a pause.
///
/// # Panics
/// As [`until`].
pub fn until_polling_every<T>(
    pause: Duration,
    within: Duration,
    what: &str,
    condition: impl FnMut() -> Option<T>,
) -> T {
    poll(within, what, condition, |_| pause)
}

fn poll<T>(
    within: Duration,
    what: &str,
    mut condition: impl FnMut() -> Option<T>,
    pause_after: impl Fn(Duration) -> Duration,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(
            began.elapsed() < within,
            "waited {} s for {what}",
            within.as_secs_f64()
        );
        // The pause between two polls.
        std::thread::sleep(pause_after(began.elapsed()));
    }
}

/// Sets a flag when it is dropped, so that a panic does not leave another thread running.
pub struct SetOnDrop<'a>(pub &'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a future of Kafka's admin client on this thread. The client's own thread completes it, so no runtime is needed.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_the_value_of_the_condition() {
        let mut looks = 0;
        let value = until(Duration::from_secs(5), "the third poll", || {
            looks += 1;
            (looks == 3).then_some("here")
        });
        assert_eq!((value, looks), ("here", 3));
    }

    #[test]
    #[should_panic(expected = "waited 0.02 s for nothing")]
    fn the_panic_message_names_what_was_awaited() {
        until(Duration::from_millis(20), "nothing", || None::<()>);
    }
}
