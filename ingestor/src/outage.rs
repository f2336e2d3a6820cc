//! An outage as several parts of the program meet it: when it is told, and when it is over. Pure: no clock, no log.

use std::time::{Duration, Instant};

const TELL_EVERY: Duration = Duration::from_secs(60);
/// A failure this soon after an outage ended belongs to that outage: a connection that broke in it, for example.
const AFTERMATH: Duration = Duration::from_secs(5);

/// Together, those who wait for the end of an outage tell one thing a minute.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    waiting_count: usize,
    /// When it began, and when it was last told.
    told: Option<(Instant, Instant)>,
    /// When the last one ended.
    ended: Option<Instant>,
}

/// What is to be told of an outage that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    Began,
    Lasts(Duration),
}

impl News {
    pub(crate) fn seconds(self) -> u64 {
        match self {
            News::Began => 0,
            News::Lasts(time) => time.as_secs(),
        }
    }
}

impl Outage {
    /// One more part waits.
    pub(crate) fn join(&mut self) {
        self.waiting_count += 1;
    }

    /// A part no longer waits.
    pub(crate) fn leave(&mut self) {
        self.waiting_count -= 1;
    }

    /// Whether some part waits.
    pub(crate) fn is_met(&self) -> bool {
        self.waiting_count > 0
    }

    /// An attempt has failed: what is to be told now.
    pub(crate) fn failed(&mut self, now: Instant) -> Option<News> {
        let (began, news) = match self.told {
            Some((_, last)) if now - last < TELL_EVERY => return None,
            Some((began, _)) => (began, News::Lasts(now - began)),
            None if self.ended.is_some_and(|ended| now - ended < AFTERMATH) => return None,
            None => (now, News::Began),
        };
        self.told = Some((began, now));
        Some(news)
    }

    /// An attempt has worked: for how long the outage lasted, if it was told and no part waits any more.
    pub(crate) fn worked(&mut self, now: Instant) -> Option<Duration> {
        if self.is_met() {
            return None;
        }
        let (began, _) = self.told.take()?;
        self.ended = Some(now);
        Some(now - began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_meet_it_it_is_told_once_a_minute_and_is_over_once_nobody_waits() {
        let (mut outage, began) = (Outage::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        outage.join();
        outage.join();
        assert_eq!(outage.failed(began), Some(News::Began));
        for seconds in [0, 1, 30, 59] {
            assert_eq!(outage.failed(after(seconds)), None);
        }
        let minute = News::Lasts(Duration::from_secs(60));
        assert_eq!(outage.failed(after(60)), Some(minute));
        assert_eq!(outage.failed(after(119)), None);
        outage.leave();
        assert_eq!(outage.worked(after(119)), None);
        outage.leave();
        assert_eq!(outage.worked(after(121)), Some(Duration::from_secs(121)));
        assert_eq!(outage.worked(after(122)), None);
        assert_eq!(outage.failed(after(123)), None, "of the same one");
        assert_eq!(outage.failed(after(127)), Some(News::Began), "a new one");
    }
}
