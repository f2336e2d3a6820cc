//! When a batch is full or due.

use std::time::Duration;

/// A batch is sent when it reaches any of these.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
    /// Longest time that the first record of a batch waits.
    pub(crate) age: Duration,
}

impl Limits {
    /// Whether a batch takes no more records.
    pub(crate) fn is_full(&self, rows: usize, bytes: usize) -> bool {
        rows >= self.rows || bytes >= self.bytes
    }

    /// How long a batch of this age may still wait; zero if it is due.
    pub(crate) fn time_left(&self, age: Duration) -> Duration {
        self.age.saturating_sub(age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_bytes_or_age() {
        let limits = Limits {
            rows: 10,
            bytes: 1000,
            age: Duration::from_millis(500),
        };
        assert!(!limits.is_full(9, 999));
        assert!(limits.is_full(10, 0));
        assert!(limits.is_full(1, 1000));
        assert_eq!(
            limits.time_left(Duration::from_millis(400)),
            Duration::from_millis(100)
        );
        assert_eq!(limits.time_left(Duration::from_millis(500)), Duration::ZERO);
        assert_eq!(limits.time_left(Duration::from_secs(9)), Duration::ZERO);
    }
}
