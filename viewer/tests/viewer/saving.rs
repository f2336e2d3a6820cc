//! The rows of a range are saved once all of its slots have been read.

use crate::harness::{LARGE, TODAY, app_of, data, row, status, window_on};
use egui_kittest::kittest::Queryable;
use musicstream_viewer::{
    calendar::{Day, MINUTE_US, Span, Zone},
    data::Request,
    page::{Command, Hours, Range, State, View},
    source::Feed,
};

/// Saves and copies the rows of a range that the source has read, then of a longer one that it has not read, then of the
/// first one again.
fn rows_of_the_longer_range_are_not_saved(
    feed: Feed,
    state: State,
    read: &Command,
    longer: &Command,
) {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window_on(app_of(feed, state, folder.path()), LARGE);
    harness.run_steps(4);
    let ctx = harness.ctx.clone();
    let refused = "there are no rows to export: these numbers have not been read";
    for (range, is_read, files) in [(read, true, 1), (longer, false, 1), (read, true, 2)] {
        harness.state_mut().run(range.clone(), &ctx);
        harness.run_steps(4);
        harness.state_mut().run(Command::SaveCsv, &ctx);
        harness.run_steps(4);
        let found = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(found, files, "{range:?}");
        let is_refused = harness.query_by_label(refused).is_some();
        assert_eq!(is_refused, !is_read, "{range:?}");
        harness.state_mut().run(Command::CopyCsv, &ctx);
        harness.run_steps(4);
        let is_copied = harness.query_by_label("rows copied").is_some();
        assert_eq!(is_copied, is_read, "{range:?}");
    }
}

#[test]
fn minutes_of_a_longer_range_are_not_saved_before_they_are_read() {
    let minute = (status().now / MINUTE_US) as i32;
    let minutes = data(vec![row(minute, "play", "EU", 7)]).by_minute(Zone::default(), &[]);
    let days = data(vec![row(TODAY, "play", "EU", 7)]);
    let feed = Feed::fixed(days, "here").having_read(Request {
        minutes: Some(60),
        ..Request::default()
    });
    feed.bringer()(minutes);
    let state = State {
        view: View::Live,
        hours: Hours::One,
        ..State::default()
    };
    let (hour, longer) = (
        Command::LookLive(Hours::One),
        Command::LookLive(Hours::Three),
    );
    rows_of_the_longer_range_are_not_saved(feed, state, &hour, &longer);
}

#[test]
fn listeners_of_a_longer_range_are_not_saved_before_they_are_read() {
    let listeners = data(vec![row(TODAY, "listeners", "EU", 3)]).of_listeners();
    let days = data(vec![row(TODAY, "play", "EU", 7)]);
    let feed = Feed::fixed(days, "here").having_read(Request {
        // 28 days, and the 28 days before them.
        listeners: Some(Span::new(Day(TODAY - 55), Day(TODAY))),
        ..Request::default()
    });
    feed.bringer()(listeners);
    let state = State {
        view: View::Listeners,
        ..State::default()
    };
    let (days, longer) = (Command::Look(Range::Days28), Command::Look(Range::Days90));
    rows_of_the_longer_range_are_not_saved(feed, state, &days, &longer);
}

#[test]
fn days_of_a_zone_of_a_longer_range_are_not_saved_before_they_are_read() {
    let zone = Zone {
        name: "Asia/Kathmandu".into(),
        offset: 345 * MINUTE_US,
        watermark_offset: 345 * MINUTE_US,
    };
    let name = zone.name.clone();
    let days = data(vec![row(TODAY, "play", "EU", 7)]).in_zone(zone);
    let feed = Feed::fixed(days, "here").having_read(Request {
        zone: name.clone(),
        // 7 days, the 7 days before them, and one more.
        since: Some(Day(TODAY - 14)),
        ..Request::default()
    });
    let state = State {
        view: View::Table,
        range: Range::Days7,
        zone: name,
        ..State::default()
    };
    let (week, longer) = (Command::Look(Range::Days7), Command::Look(Range::Days28));
    rows_of_the_longer_range_are_not_saved(feed, state, &week, &longer);
}

/// UTC days stay on screen until those of the chosen zone have been read.
#[test]
fn days_of_another_zone_are_not_saved() {
    let feed = Feed::fixed(data(vec![row(TODAY, "play", "EU", 7)]), "here");
    let state = State {
        view: View::Table,
        ..State::default()
    };
    let (utc, zone) = (
        Command::SetZone("UTC".into()),
        Command::SetZone("Asia/Kathmandu".into()),
    );
    rows_of_the_longer_range_are_not_saved(feed, state, &utc, &zone);
}
