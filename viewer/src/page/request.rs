//! Computes what the window requests from the source: only what it shows.

use super::{builder::comparison, range::Range, state::State, view::View};
use crate::{
    calendar::{Day, Grain, MINUTE_US, MINUTES_A_DAY, Micros, Slot, Span, UTC},
    data::{
        Ask, Dataset, EventsAsk, Filter, Request,
        reports::{self, listeners::Kind},
    },
};

/// Maximum number of days of a zone other than UTC: they are summed from up to 1,440 minutes per day and series.
/// Enough for a year and the year before.
pub const MOST_ZONE_DAYS: i32 = 736;

/// The earliest day that is read for a zone other than UTC.
fn zone_begin(data: &Dataset) -> Day {
    let last = data.day_bounds().map_or(data.today(), |bounds| bounds.last);
    last.plus(1 - MOST_ZONE_DAYS)
}

/// Whether the range `All` is cut to [`MOST_ZONE_DAYS`].
pub fn is_cut(state: &State, data: &Dataset) -> bool {
    let reaches_back = || {
        data.day_bounds()
            .is_some_and(|bounds| bounds.first <= zone_begin(data))
    };
    !data.zone.is_utc() && state.range == Range::All && reaches_back()
}

/// What a state of the window needs, with the numbers that it has so far: days, or what the view sums them up to.
pub fn request_of(state: &State, data: &Dataset) -> Request {
    let days = |span| data.grain.days(span);
    let span = state.span(data);
    let full = state.full_span(data);
    let first_needed = |full: Span| with_compared(data.grain, full).first;
    let distinct = span
        .filter(|_| state.view != View::Live)
        .filter(|_| data.zone.is_utc() && state.shown_zone() == UTC);
    Request {
        zone: state.shown_zone().to_owned(),
        since: match state.range.days() {
            _ if state.shown_zone() == UTC => None,
            // One more day: the zone's current day may differ from that of UTC.
            Some(_) => full.map(|full| first_needed(full).plus(-1)),
            None => Some(zone_begin(data)),
        },
        minutes: (state.view == View::Live).then(|| match state.drilled {
            Some(_) => MINUTES_A_DAY,
            None => state.hours.minutes(),
        }),
        until: state
            .drilled
            .filter(|_| state.view == View::Live)
            .map(|(day, _)| minutes_of(data, day).last),
        events: state.events.map(|minutes| EventsAsk {
            from: minute_start(minutes.first),
            until: minute_start(minutes.last.plus(1)),
            event_types: on(&data.event_types, &state.event_types),
            regions: on(&data.regions, &state.regions),
        }),
        listeners: full
            .filter(|_| state.view == View::Listeners)
            .map(|full| with_compared(data.grain, full)),
        distinct: distinct.map(|span| Ask {
            span: days(span),
            compared: compared_days(data, span),
            regions: on(&data.regions, &state.regions),
        }),
        report: report(state, data),
    }
}

/// The days of some slots, and of those to compare with.
fn with_compared(grain: Grain, slots: Span) -> Span<Day> {
    let shift = grain.comparison_shift(slots.count());
    Span {
        first: grain.day(slots.first.plus(-shift)),
        last: grain.days(slots).last,
    }
}

/// The names that are on; `None`: all.
fn on(names: &[String], filter: &Filter) -> Option<Vec<String>> {
    let on = || names.iter().filter(|name| filter.is_on(name)).cloned();
    (!filter.is_all()).then(|| on().collect())
}

/// The minutes of a day of the zone.
fn minutes_of(data: &Dataset, day: Day) -> Span {
    let offset = data.zone.offset;
    Grain::Minute { offset }.slots(Span::new(day, day))
}

fn minute_start(minute: Slot) -> Micros {
    i64::from(minute.0) * MINUTE_US
}

/// The compared days, if they are consecutive: distinct listeners of days with gaps cannot be queried.
fn compared_days(data: &Dataset, slots: Span) -> Option<(Span<Day>, i32)> {
    let comparison = comparison(data, slots);
    let (hull, is_whole) = comparison.hull()?;
    let compared = Span {
        first: slots.at(hull.start),
        last: slots.at(hull.end - 1),
    };
    let (now, before) = (
        data.grain.days(compared),
        data.grain.days(compared.plus(-comparison.shift)),
    );
    let shift = now.first.0 - before.first.0;
    // Months are compared only with months of the same length.
    let is_as_long = now.last.0 - before.last.0 == shift;
    (is_whole && is_as_long).then_some((now, shift))
}

/// What the report that is shown needs.
fn report(state: &State, data: &Dataset) -> Option<reports::Ask> {
    let days = |span| data.grain.days(span);
    let full = state.full_span(data)?;
    let (span, with_before) = (days(state.span(data)?), with_compared(data.grain, full));
    Some(match state.view {
        View::Listening => reports::Ask::Listening(reports::listening::Ask {
            span: with_before,
            // The zone of the numbers on screen. An unknown zone falls back to UTC.
            zone: data.zone.name.clone(),
        }),
        View::Songs => reports::Ask::Songs(reports::songs::Ask {
            span,
            shift: Grain::Day.comparison_shift(span.count()),
            regions: on(&data.regions, &state.regions),
            count: state.reports.top.count(),
        }),
        View::Listeners => {
            let kind = state.reports.listeners.kind()?;
            let complete = |day: &Day| data.finality(data.grain.slot(*day)).is_complete();
            let last = (span.first.0..=span.last.0).rev().map(Day).find(complete);
            reports::Ask::Listeners(reports::listeners::Ask {
                kind,
                // Each day is expensive: those before are read while they are drawn.
                span: match state.compares() {
                    true => with_before,
                    false => days(full),
                },
                together: last
                    .filter(|_| kind == Kind::Active)
                    .map(|day| (day, on(&data.regions, &state.regions))),
            })
        }
        View::Pipeline => reports::Ask::Pipeline,
        View::Rejects => reports::Ask::Rejects(reports::rejects::Ask {
            span,
            reason: state.reports.reason.clone(),
        }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Zone;
    use crate::{
        data::{
            Row,
            tests::{noon, row},
        },
        page::{Command, List},
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
        let since = request_of(&state, &utc).since.unwrap();
        assert_eq!(since, Day(2000 - MOST_ZONE_DAYS));
        assert!(!is_cut(&state, &utc), "UTC days are all there");
        let zone = || Zone {
            name: state.zone.clone(),
            ..Zone::default()
        };
        let read: Vec<_> = rows(2000)
            .into_iter()
            .filter(|row: &Row| row.slot >= Slot(since.0))
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
        let request = request_of(&state, &data());
        assert_eq!(
            (request.minutes, request.listeners, request.since),
            (None, None, None)
        );
        let ask = request.distinct.unwrap();
        assert_eq!(ask.span, Span::new(Day(72), Day(99)));
        let compared = Some((Span::new(Day(72), Day(98)), 28));
        assert_eq!((ask.compared, ask.regions), (compared, None));

        state.apply(Command::Toggle(List::Regions, "US".into()), &data());
        let ask = request_of(&state, &data()).distinct.unwrap();
        assert_eq!(ask.regions, Some(vec!["EU".to_owned()]));

        state.view = View::Live;
        let request = request_of(&state, &data());
        assert_eq!((request.minutes, request.distinct), (Some(180), None));

        state.view = View::Listeners;
        let request = request_of(&state, &data());
        assert_eq!(request.listeners, Some(Span::new(Day(44), Day(99))));
    }

    /// A page has numbers of one zone: what exists in UTC days only is not put beside days of another zone.
    #[test]
    fn views_of_utc_days_read_no_other_days() {
        let state = |view| State {
            zone: "Asia/Kathmandu".into(),
            view,
            ..State::default()
        };
        for view in [View::Listeners, View::Songs, View::Rejects, View::Pipeline] {
            let request = request_of(&state(view), &data());
            assert_eq!((&*request.zone, request.since), ("UTC", None), "{view:?}");
            assert!(request.distinct.is_some(), "{view:?}");
        }
        let request = request_of(&state(View::Listening), &data());
        assert_eq!(request.zone, "Asia/Kathmandu");
    }

    #[test]
    fn days_of_another_zone_are_read_as_far_back_as_they_are_shown() {
        let mut state = State {
            zone: "Asia/Kathmandu".into(),
            range: Range::Days7,
            ..State::default()
        };
        let request = request_of(&state, &data());
        assert_eq!(request.since, Some(Day(93 - 7 - 1)));
        assert_eq!(request.distinct, None, "listeners are counted by UTC day");
        state.range = Range::All;
        assert_eq!(
            request_of(&state, &data()).since,
            Some(Day(100 - MOST_ZONE_DAYS))
        );
    }
}
