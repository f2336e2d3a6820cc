//! From a day to its minutes, to an hour of them, to single events, and back.

use crate::{
    database::{Database, feed_of, play, wait_for},
    harness::{TODAY, has, labels, window},
};
use egui::{
    Key,
    accesskit::{Role, Toggled},
};
use egui_kittest::kittest::{NodeT, Queryable};
use musicstream_viewer::{
    calendar::{Day, Slot},
    data::{Events, EventsAsk, Request},
    page::{State, View},
    source::Feed,
};

#[test]
fn a_day_is_entered_down_to_its_events_and_left_again() {
    let mut harness = window(State::default());
    let press = |harness: &mut egui_kittest::Harness<'_, _>, keys: &[Key]| {
        for key in keys {
            harness.key_press(*key);
            harness.run();
        }
    };
    press(&mut harness, &[Key::ArrowLeft, Key::ArrowLeft]);
    assert!(
        harness.query_by_label("Minutes of 17 Mar").is_some(),
        "by the pointer, too"
    );
    press(&mut harness, &[Key::Enter]);
    let state = harness.state().state();
    assert_eq!(
        (state.view, state.drilled),
        (View::Live, Some((Day(TODAY - 1), View::ByEventType)))
    );
    let charts = labels(&harness, Role::Figure);
    assert!(
        charts[0].contains("00:00 – 23:59, 17 Mar 2026"),
        "{charts:?}"
    );
    let hours = harness.get_by_role_and_label(Role::RadioButton, "Last 3 hours");
    assert_ne!(
        hours.accesskit_node().toggled(),
        Some(Toggled::True),
        "a day is shown"
    );
    // 1,440 minutes of eighteen series, all of them in the past.
    assert!(
        has(&harness, Role::Row, "Total of 25,920 rows"),
        "{:?}",
        labels(&harness, Role::Row)
    );

    press(&mut harness, &[Key::ArrowLeft, Key::Enter]);
    let charts = labels(&harness, Role::Figure);
    assert!(
        charts[0].contains("23:00 – 23:59, 17 Mar 2026"),
        "{charts:?}"
    );
    press(&mut harness, &[Key::ArrowLeft, Key::ArrowLeft]);
    harness.get_by_label("Events of 23:58").click();
    harness.run();
    let minute = Slot((TODAY - 1) * 1440 + 23 * 60 + 58);
    assert_eq!(
        harness.state().state().events.map(|events| events.first),
        Some(minute)
    );
    let words = "The sample has counts only, and no single events.";
    assert!(harness.query_by_label(words).is_some());
    press(&mut harness, &[Key::Escape]);
    assert!(harness.query_by_label(words).is_none());

    press(&mut harness, &[Key::Backspace]);
    assert!(labels(&harness, Role::Figure)[0].contains("00:00 – 23:59"));
    press(&mut harness, &[Key::Backspace]);
    let state = harness.state().state();
    assert_eq!((state.view, state.drilled), (View::ByEventType, None));
    assert_eq!(state.cursor, Some(Slot(TODAY - 1)), "where it was entered");
}

fn events(feed: &Feed, ask: &EventsAsk) -> Events {
    let request = Request {
        events: Some(ask.clone()),
        ..Request::default()
    };
    feed.request(request.clone());
    wait_for("the events", || feed.latest().answered == request);
    feed.latest().extras.events.unwrap().1.clone()
}

/// With the right, the newest first; without it, the role is named, and the numbers stay.
#[test]
fn single_events_are_for_those_who_may_read_them() {
    let Some((database, mut client)) = Database::with_extension("single_events") else {
        return;
    };
    for region in ["EU", "US", "US"] {
        play(&mut client, region, 2);
    }
    let feed = database.feed();
    wait_for("numbers", || feed.latest().data.is_some());
    let now = feed.latest().data.unwrap().status.now;
    let ask = EventsAsk {
        from: now - 600_000_000,
        until: now + 60_000_000,
        event_types: None,
        regions: Some(vec!["US".into()]),
    };
    let Events::Read(read) = events(&feed, &ask) else {
        panic!("not read")
    };
    assert_eq!(read.len(), 4);
    assert!(
        read.iter()
            .all(|event| event.region == "US" && event.user_id == "ana")
    );
    assert!(read.is_sorted_by(|a, b| a.at >= b.at), "{read:?}");

    let role = format!("viewer test {}", std::process::id());
    client
        .batch_execute(&format!(
            "create role \"{role}\" login password 'of a test';
             grant select on all tables in schema public to \"{role}\";
             revoke select on raw_events from \"{role}\""
        ))
        .unwrap();
    let url = database.url();
    let (_, server) = url.rsplit_once('@').unwrap();
    let role_in_url = role.replace(' ', "%20");
    let feed = feed_of(&format!(
        "postgresql://{role_in_url}:of%20a%20test@{server}"
    ));
    wait_for("numbers", || feed.latest().data.is_some());
    assert_eq!(events(&feed, &ask), Events::NoRight(role.clone()));
    assert!(!feed.latest().data.unwrap().is_empty());
    drop(feed);
    client
        .batch_execute(&format!("drop owned by \"{role}\"; drop role \"{role}\""))
        .unwrap();
}
