//! Listening by day and region: hours, streams, skips and sessions.

use crate::{
    calendar::{Day, Span, quantity},
    data::{filter::Filter, finality::Finality},
};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The days, and those to compare with.
    pub span: Span<Day>,
    /// In this zone.
    pub zone: String,
}

/// What adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Plays that began.
    pub plays: i64,
    /// Of these, those that were long enough.
    pub streams: i64,
    /// Of these, shorter ones that an event ended.
    pub skips: i64,
    /// Time listened, in microseconds.
    pub listened_us: i64,
    /// Sessions that began.
    pub sessions: i64,
}

impl Numbers {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            plays: self.plays.saturating_add(other.plays),
            streams: self.streams.saturating_add(other.streams),
            skips: self.skips.saturating_add(other.skips),
            listened_us: self.listened_us.saturating_add(other.listened_us),
            sessions: self.sessions.saturating_add(other.sessions),
        }
    }

    /// Skips as a part of plays, in millionths; there is none without plays.
    pub fn skip_rate(&self) -> Option<i64> {
        quantity::rate(self.skips, self.plays)
    }
}

/// A day of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Day of the zone.
    pub day: Day,
    /// Where the plays began.
    pub region: String,
    /// What was counted.
    pub numbers: Numbers,
    /// All that belongs to the day has come and is counted.
    pub is_settled: bool,
}

/// What the source has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listening {
    rows: Vec<Row>,
    /// Regions of the rows, sorted.
    pub regions: Vec<String>,
    /// Hours that changed since they were counted.
    pub waiting_hours: i64,
    /// Whether any hour was ever counted.
    pub is_counted: bool,
}

impl Listening {
    /// Sorts and names rows.
    pub fn new(mut rows: Vec<Row>, waiting_hours: i64, is_counted: bool) -> Self {
        rows.sort_by(|a, b| (a.day, &a.region).cmp(&(b.day, &b.region)));
        let mut regions: Vec<String> = rows.iter().map(|row| row.region.clone()).collect();
        regions.sort_unstable();
        regions.dedup();
        Self {
            rows,
            regions,
            waiting_hours,
            is_counted,
        }
    }

    /// The rows of some days.
    pub fn between(&self, span: Span<Day>) -> &[Row] {
        let from = self.rows.partition_point(|row| row.day < span.first);
        let to = self.rows.partition_point(|row| row.day <= span.last);
        &self.rows[from..to.max(from)]
    }

    /// What can be said of each day of a span.
    pub fn states(&self, span: Span<Day>, today: Day) -> Vec<Finality> {
        let rows = self.between(span);
        let last_settled = rows.iter().rev().find(|row| row.is_settled);
        let mut states: Vec<Finality> = (0..span.count())
            .map(|index| match span.at(index) {
                day if day >= today => Finality::SoFar,
                day if last_settled.is_some_and(|row| day < row.day) => Finality::Final,
                _ => Finality::Open,
            })
            .collect();
        for row in rows.iter().filter(|row| row.day < today) {
            if let Some(index) = span.index(row.day) {
                states[index] = match row.is_settled {
                    true => Finality::Final,
                    false => Finality::Open,
                };
            }
        }
        states
    }

    /// What was counted on the days of a span, in the regions that are on.
    pub fn sum(&self, span: Span<Day>, regions: &Filter) -> Numbers {
        self.between(span)
            .iter()
            .filter(|row| regions.is_on(&row.region))
            .fold(Numbers::default(), |sum, row| sum.plus(row.numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(day: i32, region: &str, is_settled: bool) -> Row {
        Row {
            day: Day(day),
            region: region.into(),
            numbers: Numbers::default(),
            is_settled,
        }
    }

    #[test]
    fn days_are_settled_open_or_so_far() {
        let rows = vec![
            row(8, "EU", false),
            row(10, "EU", true),
            row(11, "EU", false),
        ];
        let listening = Listening::new(rows, 0, true);
        use Finality::{Final, Open, SoFar};
        let span = Span::new(Day(8), Day(12));
        assert_eq!(
            listening.states(span, Day(12)),
            [Open, Final, Final, Open, SoFar],
            "an early day that waits for late events, one without rows, one that has not ended"
        );
        let rows = vec![row(8, "EU", true), row(10, "EU", false)];
        let listening = Listening::new(rows, 0, true);
        assert_eq!(
            listening.states(Span::new(Day(8), Day(10)), Day(12)),
            [Final, Open, Open],
            "a day without rows after the last settled one is not settled"
        );
    }
}
