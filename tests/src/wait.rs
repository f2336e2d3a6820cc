//! Waiting on conditions, never on time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Looks at a condition until it yields something.
///
/// # Panics
/// It has not after `within`; the message says what was awaited.
pub fn until<T>(within: Duration, what: &str, condition: impl FnMut() -> Option<T>) -> T {
    until_looking_every(LOOK_EVERY, within, what, condition)
}

/// [`until`] with a pause of one's own between two looks; zero looks without a pause.
///
/// # Panics
/// As [`until`].
pub fn until_looking_every<T>(
    pause: Duration,
    within: Duration,
    what: &str,
    mut condition: impl FnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(
            Instant::now() < deadline,
            "waited {} s for {what}",
            within.as_secs_f64()
        );
        // Between two looks at the condition, not in its stead.
        std::thread::sleep(pause);
    }
}

/// Sets a flag when it goes, so that unwinding does not leave another thread running.
pub struct SetOnDrop<'a>(pub &'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yields_what_the_condition_does() {
        let mut looks = 0;
        let value = until(Duration::from_secs(5), "the third look", || {
            looks += 1;
            (looks == 3).then_some("here")
        });
        assert_eq!((value, looks), ("here", 3));
    }

    #[test]
    #[should_panic(expected = "waited 0.02 s for godot")]
    fn says_what_was_awaited() {
        until(Duration::from_millis(20), "godot", || None::<()>);
    }
}
