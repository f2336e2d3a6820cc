//! What changes in the database shows in the window, and a lost connection comes back.

use super::{Database, PATIENCE, play, plays, problem, two_days, wait_for};
use crate::minutes::insert_minutes;
use musicstream_viewer::{
    calendar::{Day, Span},
    data::{Ask, Events, EventsAsk, Request},
    source::{Health, problem::Problem},
};
use postgres::{Client, NoTls};

#[test]
fn a_rollup_shows_by_itself_and_a_pause_holds_it_back() {
    let Some((database, mut client)) = Database::with_extension("a_rollup_shows_by_itself") else {
        return;
    };
    let feed = database.feed();
    assert!(feed.wait(PATIENCE).unwrap().is_empty());
    play(&mut client, "EU", 5);
    wait_for("five plays", || plays(&feed) == 5);
    feed.pause(true);
    wait_for("the pause", || feed.latest().health == Health::Paused);
    play(&mut client, "US", 2);
    feed.refresh();
    wait_for("seven plays, asked for by hand", || plays(&feed) == 7);
    play(&mut client, "US", 1);
    feed.pause(false);
    wait_for("eight plays", || plays(&feed) == 8);
}

/// A rollup that folds nothing does not raise the revision.
#[test]
fn rejects_show_before_any_event_is_stored() {
    let Some((database, mut client)) = Database::with_extension("rejects_show_before_any_event")
    else {
        return;
    };
    let feed = database.feed();
    assert!(feed.wait(PATIENCE).unwrap().is_empty());
    client
        .batch_execute(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             values (gen_random_uuid()::text, 'ana', 'rewind', 'EU', now()::text);
             select musicstream_rollup()",
        )
        .unwrap();
    wait_for("a rejected row", || {
        let data = feed.latest().data;
        data.is_some_and(|data| data.status.rejected == 1)
    });
}

/// Puts a year of days into the metrics, as the rollups of each day would have left them.
fn remember_a_year(client: &mut Client) {
    client
        .batch_execute(
            "insert into daily_metrics (day, event_type, region, events, late_events, updated_at)
             select current_date - back, 'play', 'R' || region, 10, 0, now() - interval '1 day' * back
             from generate_series(1, 365) as back, generate_series(1, 20) as region",
        )
        .unwrap();
}

#[test]
fn a_change_is_read_without_the_days_that_did_not_change() {
    let Some((database, mut client)) = Database::with_extension("a_change_is_read") else {
        return;
    };
    remember_a_year(&mut client);
    let feed = database.feed();
    assert_eq!(feed.wait(PATIENCE).unwrap().row_count(), 7300);
    assert_eq!(feed.latest().rows_read, 7300, "everything, at first");

    play(&mut client, "EU", 5);
    wait_for("five plays", || plays(&feed) == 73_005);
    assert!(
        feed.latest().rows_read <= 21,
        "today, and the day that changed last: {}",
        feed.latest().rows_read
    );

    // Pending deltas of an old day, then none: a rollup folds them between two looks.
    client
        .batch_execute(&insert_minutes(
            "metric_deltas",
            "select date_trunc('day', now()) - interval '30 days', 'play', 'R1', 2, 1",
        ))
        .unwrap();
    wait_for("two more on an old day", || plays(&feed) == 73_007);
    assert!(feed.latest().rows_read <= 21, "{}", feed.latest().rows_read);
    client.batch_execute("select musicstream_rollup()").unwrap();
    wait_for("the rollup", || {
        feed.latest().data.unwrap().status.pending_deltas == 0
    });
    assert_eq!(plays(&feed), 73_007);

    // A row that is taken away leaves nothing but a smaller number of rows.
    client
        .batch_execute(
            &(insert_minutes(
                "metric_deltas",
                "select date_trunc('day', now()) - interval '40 days', 'play', 'R1', -10, 0",
            ) + "; select musicstream_rollup()"),
        )
        .unwrap();
    wait_for("ten fewer", || plays(&feed) == 72_997);
    let seen = feed.latest().data.unwrap();
    feed.refresh();
    wait_for("everything anew", || feed.latest().rows_read > 7000);
    let whole = feed.latest().data.unwrap();
    assert_eq!(seen.cells(), whole.cells());
    assert_eq!(
        (&seen.event_types, &seen.regions),
        (&whole.event_types, &whole.regions)
    );
}

#[test]
fn a_lost_connection_keeps_the_numbers_and_comes_back() {
    let Some((database, mut client)) = Database::with_extension("a_lost_connection") else {
        return;
    };
    play(&mut client, "EU", 3);
    let feed = database.feed();
    feed.wait(PATIENCE).unwrap();
    let mut server = Client::connect(&database.server, NoTls).unwrap();
    let name = &database.name;
    let allow = |yes: bool| format!("alter database {name} allow_connections {yes}");
    server.batch_execute(&allow(false)).unwrap();
    server
        .execute(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = $1 and application_name = 'musicstream-viewer'",
            &[name],
        )
        .unwrap();
    let lost = problem(&feed);
    assert!(
        lost.may_pass() || matches!(lost, Problem::Other(_)),
        "{lost:?}"
    );
    assert_eq!(plays(&feed), 3, "numbers stay");
    play(&mut client, "EU", 1);
    server.batch_execute(&allow(true)).unwrap();
    wait_for("the missed play", || plays(&feed) == 4);
    assert_eq!(feed.latest().health, Health::Live);
}

/// A statement that detaches a partition holds such a lock. It concerns single events, and not the other numbers.
#[test]
fn a_lock_on_the_events_does_not_end_the_session() {
    let Some((database, mut client)) = Database::with_extension("a_lock_on_the_events") else {
        return;
    };
    play(&mut client, "EU", 3);
    let feed = database.feed();
    let today = feed.wait(PATIENCE).unwrap().today();
    let session: i32 = client
        .query_one(
            "select pid from pg_stat_activity
             where datname = current_database() and application_name = 'musicstream-viewer'
             order by backend_start limit 1",
            &[],
        )
        .unwrap()
        .get(0);
    let mut holder = database.client();
    holder
        .batch_execute("begin; lock table raw_events in access exclusive mode")
        .unwrap();
    let mut ask = EventsAsk {
        from: today.plus(-1).start(),
        until: today.plus(2).start(),
        event_types: None,
        regions: None,
    };
    let request = |ask: &EventsAsk| {
        feed.request(Request {
            events: Some(ask.clone()),
            ..Request::default()
        });
    };
    let answer = || feed.latest().extras.events.map(|events| events.1.clone());
    request(&ask);
    wait_for("the end of the wait for the lock", || {
        answer() == Some(Events::TooSlow)
    });
    assert_eq!(feed.latest().health, Health::Live);
    holder.batch_execute("commit").unwrap();
    // Not the same request: its answer is kept.
    ask.until += 1;
    request(&ask);
    wait_for(
        "three events",
        || matches!(answer(), Some(Events::Read(events)) if events.len() == 3),
    );
    let sessions: i64 = client
        .query_one(
            "select count(*) from pg_stat_activity where pid = $1",
            &[&session],
        )
        .unwrap()
        .get(0);
    assert_eq!(sessions, 1, "the session stays");
}

#[test]
fn minutes_and_listeners_are_read_while_they_are_shown() {
    let Some(database) = Database::fresh("minutes_and_listeners") else {
        return;
    };
    let (mut client, feed) = two_days(&database);
    assert!(feed.latest().extras.minutes.is_none(), "nobody asked");
    feed.request(Request {
        minutes: Some(60),
        ..Request::default()
    });
    let last_hour = || {
        let minutes = feed.latest().extras.minutes?;
        let last = minutes.current();
        let cells = minutes.cells_between(Span::new(last.plus(-59), last));
        Some(cells.iter().map(|cell| cell.events).sum::<i64>())
    };
    wait_for("the last hour", || {
        last_hour().is_some_and(|plays| plays >= 5)
    });
    let before = last_hour().unwrap();
    play(&mut client, "US", 3);
    wait_for("three plays in the last hour", || {
        last_hour() == Some(before + 3)
    });

    let today = feed.latest().data.unwrap().today();
    let span = Span::new(today.plus(-3), today);
    feed.request(Request {
        listeners: Some(span),
        distinct: Some(Ask {
            span,
            compared: Some((Span::new(span.first, Day(today.0 - 1)), 7)),
            regions: None,
        }),
        ..Request::default()
    });
    wait_for("one listener on all days", || {
        feed.distinct()
            .is_some_and(|distinct| distinct.listeners == 1)
    });
    wait_for("listeners alone", || feed.latest().extras.minutes.is_none());
    let listeners = feed.latest().extras.listeners.unwrap();
    assert!(listeners.row_count() >= 3, "a row for each day and region");
    assert!(listeners.cells().iter().all(|cell| cell.events == 1));
}
