//! What the window needs of the source: no more than it shows.

use super::{
    data::Dataset,
    day::Day,
    grain::{UTC, Zone},
    series::View,
    span::{Range, Span},
};
use crate::state::State;

/// What is asked for beside the daily numbers, and in which zone they are to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Zone of the days, as Postgres calls it.
    pub zone: String,
    /// The first day needed. It bounds what is read where days are summed up from minutes.
    pub since: Option<Day>,
    /// The last so many minutes, and as many a day before.
    pub minutes: Option<i32>,
    /// Listeners of each of these days.
    pub listeners: Option<Span>,
    /// Distinct listeners over days.
    pub distinct: Option<Ask>,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            zone: UTC.into(),
            since: None,
            minutes: None,
            listeners: None,
            distinct: None,
        }
    }
}

/// Distinct listeners of several days and regions, each counted once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// These UTC days.
    pub span: Span,
    /// The last complete day among them: up to it they are compared.
    pub complete: Option<Day>,
    /// By how many days to go back to compare.
    pub shift: i32,
    /// These regions; `None`: all.
    pub regions: Option<Vec<String>>,
}

/// The answer: estimates, of which one in three is off by more than [`STANDARD_ERROR`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// What was asked.
    pub ask: Ask,
    /// Over all days asked for.
    pub listeners: i64,
    /// Over the complete days, and over the days that those are compared with.
    pub compared: Option<(i64, i64)>,
}

/// Standard error of an estimate of distinct listeners, as a share.
pub const STANDARD_ERROR: f64 = 0.008;

/// Days of a zone are summed up from minutes, up to 1,440 a day and series: so many of them at most are read.
/// It is what a year and the one before take.
pub const MOST_ZONE_DAYS: i32 = 736;

/// The first day of a zone other than UTC that is read of all.
fn zone_begin(data: &Dataset) -> Day {
    let last = data.bounds().map_or(data.today(), |(_, last)| last);
    last.plus(1 - MOST_ZONE_DAYS)
}

/// Whether all days of a zone are fewer than there are, by what is on screen of them.
pub fn is_cut(state: &State, data: &Dataset) -> bool {
    let reaches_back = || {
        data.bounds()
            .is_some_and(|(first, _)| first <= zone_begin(data))
    };
    !data.zone.is_utc() && state.range == Range::All && reaches_back()
}

impl Wish {
    /// What a state of the window needs, with the numbers that it has so far.
    pub fn of(state: &State, data: &Dataset) -> Self {
        let span = state.span(data).filter(|_| state.view != View::Live);
        let full = state.full_span(data);
        let shift = |span: Span| data.grain.comparison_shift(span.days());
        let distinct = span.filter(|_| data.zone.is_utc() && state.zone == UTC);
        Self {
            zone: state.zone.clone(),
            since: match state.range.days() {
                _ if state.zone == UTC => None,
                // A day more on either side: the zone's today may be another one.
                Some(_) => full.map(|full| full.first.plus(-shift(full) - 1)),
                None => Some(zone_begin(data)),
            },
            minutes: (state.view == View::Live).then(|| state.hours.minutes()),
            listeners: full.filter(|_| state.view == View::Listeners).map(|full| {
                let first = full.first.plus(-shift(full));
                Span { first, ..full }
            }),
            distinct: distinct.map(|span| Ask {
                span,
                complete: (span.first.0..=span.last.0)
                    .rev()
                    .map(Day)
                    .find(|day| data.day_state(*day).is_complete()),
                shift: shift(span),
                regions: (!state.regions.is_all()).then(|| {
                    let on = |name: &&String| state.regions.is_on(name);
                    data.regions.iter().filter(on).cloned().collect()
                }),
            }),
        }
    }
}

/// What a database can do beside daily numbers: an older extension, or a role with fewer rights, lacks some of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Numbers by minute.
    pub minutes: bool,
    /// Days of other zones than UTC.
    pub zones: bool,
    /// Distinct listeners.
    pub listeners: bool,
    /// Version of the extension.
    pub version: Option<String>,
    /// Names of all zones.
    pub zone_names: Vec<String>,
}

/// The answer to a wish beside the daily numbers.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Minutes, if asked for.
    pub minutes: Option<std::sync::Arc<Dataset>>,
    /// Listeners by day, if asked for.
    pub listeners: Option<std::sync::Arc<Dataset>>,
}

/// A zone that a source has not.
pub fn is_known(zone: &str, abilities: &Abilities) -> bool {
    zone == Zone::default().name || abilities.zone_names.iter().any(|name| name == zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::data::{
            Row,
            tests::{noon, row},
        },
        state::{Command, List},
    };

    fn data() -> Dataset {
        let rows = (0..100).flat_map(|day| [row(day, "play", "EU", 1), row(day, "play", "US", 1)]);
        Dataset::new(rows.collect(), noon(99))
    }

    #[test]
    fn all_days_of_a_zone_have_a_bound_and_it_is_said() {
        let rows = |days| -> Vec<Row> { (0..days).map(|day| row(day, "play", "EU", 1)).collect() };
        let state = State {
            zone: "Asia/Kathmandu".into(),
            range: Range::All,
            ..State::default()
        };
        let utc = Dataset::new(rows(2000), noon(1999));
        let since = Wish::of(&state, &utc).since.unwrap();
        assert_eq!(since, Day(2000 - MOST_ZONE_DAYS));
        assert!(!is_cut(&state, &utc), "UTC days are all there");
        let zone = || Zone {
            name: state.zone.clone(),
            ..Zone::default()
        };
        let read: Vec<_> = rows(2000)
            .into_iter()
            .filter(|row: &Row| row.day >= since)
            .collect();
        assert!(is_cut(
            &state,
            &Dataset::new(read, noon(1999)).in_zone(zone())
        ));
        assert!(!is_cut(
            &state,
            &Dataset::new(rows(100), noon(99)).in_zone(zone())
        ));
    }

    #[test]
    fn only_what_is_shown_is_asked_for() {
        let mut state = State::default();
        let wish = Wish::of(&state, &data());
        assert_eq!(
            (wish.minutes, wish.listeners, wish.since),
            (None, None, None)
        );
        let ask = wish.distinct.unwrap();
        assert_eq!(ask.span, Span::new(Day(72), Day(99)));
        assert_eq!(
            (ask.complete, ask.shift, ask.regions),
            (Some(Day(98)), 28, None)
        );

        state.apply(Command::Toggle(List::Regions, "US".into()), &data());
        let ask = Wish::of(&state, &data()).distinct.unwrap();
        assert_eq!(ask.regions, Some(vec!["EU".to_owned()]));

        state.view = View::Live;
        let wish = Wish::of(&state, &data());
        assert_eq!((wish.minutes, wish.distinct), (Some(180), None));

        state.view = View::Listeners;
        let wish = Wish::of(&state, &data());
        assert_eq!(wish.listeners, Some(Span::new(Day(44), Day(99))));
    }

    #[test]
    fn days_of_another_zone_are_read_as_far_back_as_they_are_shown() {
        let mut state = State {
            zone: "Asia/Kathmandu".into(),
            range: Range::Days7,
            ..State::default()
        };
        let wish = Wish::of(&state, &data());
        assert_eq!(wish.since, Some(Day(93 - 7 - 1)));
        assert_eq!(wish.distinct, None, "listeners are counted by UTC day");
        state.range = Range::All;
        assert_eq!(
            Wish::of(&state, &data()).since,
            Some(Day(100 - MOST_ZONE_DAYS))
        );
    }
}
