//! Durations, and the starts of days, hours and quarters, as arithmetic on microseconds since 2000-01-01 UTC.

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const QUARTER: i64 = 15 * MINUTE;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 86_400 * SECOND;

/// The start of the UTC day that holds `ts`.
pub(crate) fn day_start(ts: i64) -> i64 {
    ts - ts.rem_euclid(DAY)
}

/// The start of the hour that holds `ts`.
pub(crate) fn hour_start(ts: i64) -> i64 {
    ts - ts.rem_euclid(HOUR)
}

/// The minute of the hour that holds `ts`, from 0.
pub(crate) fn minute_of_hour(ts: i64) -> usize {
    (ts.rem_euclid(HOUR) / MINUTE) as usize
}

/// The start of the quarter of an hour that holds `ts`.
pub(crate) fn quarter_start(ts: i64) -> i64 {
    ts - ts.rem_euclid(QUARTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_the_epoch_belong_to_the_day_and_hour_that_hold_them() {
        let ts = DAY + 5 * HOUR + 47 * MINUTE + 1;
        assert_eq!(day_start(ts), DAY);
        assert_eq!(hour_start(ts), DAY + 5 * HOUR);
        assert_eq!(quarter_start(ts), DAY + 5 * HOUR + 45 * MINUTE);
        assert_eq!(minute_of_hour(ts), 47);
        assert_eq!(
            [day_start(-1), hour_start(-1), quarter_start(-1)],
            [-DAY, -HOUR, -QUARTER]
        );
        assert_eq!(minute_of_hour(-1), 59);
        // The first instant of a day, an hour or a quarter belongs to it.
        assert_eq!(
            [day_start(DAY), hour_start(DAY), quarter_start(DAY)],
            [DAY; 3]
        );
    }
}
