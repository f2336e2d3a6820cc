//! When a batch is due.

use std::time::Duration;

/// A batch goes out when it reaches any of these.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
    /// Longest time that its first record waits.
    pub(crate) age: Duration,
}

impl Limits {
    /// Whether nothing more fits.
    pub(crate) fn is_full(&self, rows: usize, bytes: usize) -> bool {
        rows >= self.rows || bytes >= self.bytes
    }

    /// How long a batch of this age may still wait; `None`: it is due.
    pub(crate) fn patience(&self, age: Duration) -> Option<Duration> {
        self.age.checked_sub(age).filter(|left| !left.is_zero())
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
            limits.patience(Duration::from_millis(400)),
            Some(Duration::from_millis(100))
        );
        assert_eq!(limits.patience(Duration::from_millis(500)), None);
        assert_eq!(limits.patience(Duration::from_secs(9)), None);
    }
}
