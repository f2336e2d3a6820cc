//! The viewer against a real Postgres with the extension: `DATABASE_URL` names one where databases can be made.

use crate::minutes::insert_minutes;
use musicstream_connect::Target;
use musicstream_viewer::{
    calendar::{Day, Span},
    data::{Ask, Dataset, Finality, Wish},
    source::{Feed, Health, problem::Problem},
};
use postgres::{Client, NoTls};
use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(300);
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database of the test's own; dropped at the end.
pub(super) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// A fresh one, or `None` (said aloud) where no server is named.
    pub(super) fn fresh(test: &str) -> Option<Self> {
        let Ok(server) = env::var("DATABASE_URL") else {
            eprintln!("skipped: {test} needs DATABASE_URL");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("viewer_test_{}_{number}", process::id());
        let database = Self { server, name };
        let mut client = Client::connect(&database.server, NoTls).unwrap();
        let name = &database.name;
        client
            .batch_execute(&format!("create database {name}"))
            .unwrap();
        Some(database)
    }

    pub(super) fn url(&self) -> String {
        let (base, options) = match self.server.split_once('?') {
            Some((base, options)) => (base, format!("?{options}")),
            None => (self.server.as_str(), String::new()),
        };
        let (authority, _) = base.rsplit_once('/').unwrap();
        format!("{authority}/{}{options}", self.name)
    }

    pub(super) fn client(&self) -> Client {
        Client::connect(&self.url(), NoTls).unwrap()
    }

    pub(super) fn feed(&self) -> Feed {
        feed_of(&self.url())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut client) = Client::connect(&self.server, NoTls) {
            let _ = client.batch_execute(&format!("drop database {} with (force)", self.name));
        }
    }
}

pub(super) fn feed_of(url: &str) -> Feed {
    let target = Target::of_process(Some(url), "musicstream-viewer").unwrap();
    Feed::database(target, POLL).unwrap()
}

/// Stages `count` plays in a region now, and rolls up.
pub(super) fn play(client: &mut Client, region: &str, count: i32) {
    client
        .execute(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             select gen_random_uuid()::text, 'ana', 'play', $1, to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')
             from generate_series(1, $2)",
            &[&region, &count],
        )
        .unwrap();
    client.batch_execute("select musicstream_rollup()").unwrap();
}

fn plays(feed: &Feed) -> i64 {
    feed.latest()
        .data
        .map_or(-1, |data| data.cells().iter().map(|cell| cell.events).sum())
}

pub(super) fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn problem(feed: &Feed) -> Problem {
    wait_for("a problem", || {
        matches!(feed.latest().health, Health::Trouble { .. })
    });
    match feed.latest().health {
        Health::Trouble { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rollup_shows_by_itself_and_a_pause_holds_it_back() {
    let Some(database) = Database::fresh("a_rollup_shows_by_itself") else {
        return;
    };
    let mut client = database.client();
    client
        .batch_execute("create extension pg_musicstream")
        .unwrap();
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
    let Some(database) = Database::fresh("a_change_is_read") else {
        return;
    };
    let mut client = database.client();
    client
        .batch_execute("create extension pg_musicstream")
        .unwrap();
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
    let Some(database) = Database::fresh("a_lost_connection") else {
        return;
    };
    let mut client = database.client();
    client
        .batch_execute("create extension pg_musicstream")
        .unwrap();
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

#[test]
fn what_is_missing_is_named() {
    let Some(database) = Database::fresh("what_is_missing_is_named") else {
        return;
    };
    assert_eq!(
        problem(&database.feed()),
        Problem::NoExtension { available: true }
    );

    let mut client = database.client();
    client
        .batch_execute(
            "create view live_daily_metrics as select current_date as day;
                          create view musicstream_status as select 1 as revision",
        )
        .unwrap();
    assert!(matches!(
        problem(&database.feed()),
        Problem::OtherVersion { found: None, .. }
    ));

    let nowhere = format!("{}_not_there", database.url());
    let feed = feed_of(&nowhere);
    assert!(matches!(problem(&feed), Problem::NoDatabase(_)));

    let feed = feed_of("postgresql://ana@127.0.0.1:1/music");
    assert!(matches!(problem(&feed), Problem::NoServer(_)));
}

#[test]
fn a_role_without_rights_is_told_so() {
    let Some(database) = Database::fresh("a_role_without_rights") else {
        return;
    };
    let mut client = database.client();
    let role = format!("{}_reader", database.name);
    client
        .batch_execute(&format!(
            "create extension pg_musicstream; create role {role} login password 'right'"
        ))
        .unwrap();
    let url = |password: &str| {
        let url = database.url();
        let (_, rest) = url.rsplit_once('@').unwrap();
        format!("postgresql://{role}:{password}@{rest}")
    };
    let feed = |password| feed_of(&url(password));
    assert!(matches!(problem(&feed("right")), Problem::NoPrivilege(_)));
    // Where the server trusts everybody, no password can be wrong.
    if Client::connect(&url("wrong"), NoTls).is_err() {
        assert!(matches!(problem(&feed("wrong")), Problem::WrongPassword(_)));
    }
    client.batch_execute(&format!("drop role {role}")).unwrap();
}

/// A database with plays of one listener on both sides of the last midnight in Kathmandu, and a feed on it.
fn two_days(database: &Database) -> (Client, Feed) {
    let mut client = database.client();
    client
        .batch_execute(
            "create extension pg_musicstream;
             insert into staging_events (event_id, user_id, event_type, region, ts)
             select gen_random_uuid()::text, 'ana', 'play', region,
                 to_char(date_trunc('day', now(), 'Asia/Kathmandu') + hour * interval '1 hour', 'YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM')
             from (values (-30, 'EU'), (-2, 'EU'), (-2, 'US'), (-1, 'EU')) as plays(hour, region);
             select musicstream_rollup()",
        )
        .unwrap();
    play(&mut client, "EU", 5);
    let feed = database.feed();
    feed.wait(PATIENCE).unwrap();
    (client, feed)
}

/// Day, region, events and whether the day is final.
type DayOfZone = (i32, String, i64, bool);

/// The days of a zone as the viewer has them, and as the extension says they are.
fn days_of(data: &Dataset, client: &mut Client, zone: &str) -> (Vec<DayOfZone>, Vec<DayOfZone>) {
    let rows = client
        .query(
            "select day - date '1970-01-01', region, events, is_final
             from daily_metrics_at($1) order by day, event_type, region",
            &[&zone],
        )
        .unwrap();
    let expected = rows
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3)))
        .collect();
    let read = data
        .cells()
        .iter()
        .map(|cell| {
            let region = data.regions[usize::from(cell.region)].clone();
            let is_final = data.finality(cell.slot) == Finality::Final;
            (cell.slot.0, region, cell.events, is_final)
        })
        .collect();
    (read, expected)
}

/// Clocks that change at midnight, soon after it, by half an hour, and south of the equator.
const CHANGING: [&str; 7] = [
    "Africa/Cairo",
    "America/Havana",
    "America/New_York",
    "Asia/Beirut",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
];

#[test]
fn days_on_which_clocks_change_are_as_long_and_as_final_as_the_extension_has_them() {
    let Some(database) = Database::fresh("days_on_which_clocks_change") else {
        return;
    };
    let mut client = database.client();
    client
        .batch_execute("create extension pg_musicstream")
        .unwrap();
    let changes = client
        .query(
            "select zone, (extract(epoch from t) / 60)::bigint
             from unnest($1::text[]) as zone,
                 generate_series(
                     date_trunc('hour', now()) - interval '400 days',
                     date_trunc('hour', now()) - interval '2 days',
                     '30 minutes'
                 ) as t
             where (t at time zone zone) - (t - interval '30 minutes') at time zone zone <> interval '30 minutes'
             order by t, zone",
            &[&CHANGING.as_slice()],
        )
        .unwrap();
    assert!(changes.len() >= CHANGING.len() * 2, "{}", changes.len());
    let feed = database.feed();
    let mut events = 0;
    for change in &changes {
        let (zone, minute): (String, i64) = (change.get(0), change.get(1));
        feed.wish(Wish {
            zone: zone.clone(),
            ..Wish::default()
        });
        for offset in [-61, -1, 1, 31, 61] {
            client
                .execute(
                    "insert into staging_events (event_id, user_id, event_type, region, ts)
                     values (gen_random_uuid()::text, 'ana', 'play', 'EU', to_timestamp($1)::text)",
                    &[&((minute + offset) as f64 * 60.0)],
                )
                .unwrap();
            client.batch_execute("select musicstream_rollup()").unwrap();
            events += 1;
            let shown = || {
                let data = feed.latest().data?;
                (data.zone.name == zone && plays(&feed) == events).then_some(data)
            };
            wait_for("the event in the days of the zone", || shown().is_some());
            let (read, expected) = days_of(&shown().unwrap(), &mut client, &zone);
            assert_eq!(
                read, expected,
                "{zone}, {offset} minutes after its clock changed"
            );
        }
    }
}

#[test]
fn days_are_those_of_the_zone_that_is_wished_for() {
    let Some(database) = Database::fresh("days_are_those_of_the_zone") else {
        return;
    };
    let (mut client, feed) = two_days(&database);
    let zone = |name: &str| Wish {
        zone: name.into(),
        ..Wish::default()
    };
    feed.wish(zone("Asia/Kathmandu"));
    let name = || feed.latest().data.map(|data| data.zone.name.clone());
    wait_for("Kathmandu", || name().as_deref() == Some("Asia/Kathmandu"));
    let data = feed.latest().data.unwrap();
    assert_eq!(data.zone.clock(), "UTC+05:45");
    let (read, expected) = days_of(&data, &mut client, "Asia/Kathmandu");
    assert_eq!(read, expected);
    assert_eq!(
        data.today().0,
        expected.last().unwrap().0,
        "its today has the last plays"
    );

    play(&mut client, "EU", 2);
    wait_for("two plays more, in its days too", || plays(&feed) == 11);
    assert_eq!(name().as_deref(), Some("Asia/Kathmandu"));

    feed.wish(zone("Atlantis/Poseidon"));
    wait_for("UTC, since there is no such zone", || {
        name().as_deref() == Some("UTC")
    });
    assert_eq!(feed.latest().health, Health::Live);
    let can = feed.latest().can;
    for zone in ["UTC", "Europe/Berlin", "Asia/Kathmandu"] {
        assert!(can.zone_names.iter().any(|name| name == zone), "{zone}");
    }
}

#[test]
fn minutes_and_listeners_are_read_while_they_are_shown() {
    let Some(database) = Database::fresh("minutes_and_listeners") else {
        return;
    };
    let (mut client, feed) = two_days(&database);
    assert!(feed.latest().extras.minutes.is_none(), "nobody asked");
    feed.wish(Wish {
        minutes: Some(60),
        ..Wish::default()
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
    feed.wish(Wish {
        listeners: Some(span),
        distinct: Some(Ask {
            span,
            compared: Some((Span::new(span.first, Day(today.0 - 1)), 7)),
            regions: None,
        }),
        ..Wish::default()
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

#[test]
fn an_older_extension_still_works_without_what_it_lacks() {
    let Some(database) = Database::fresh("an_older_extension") else {
        return;
    };
    let mut client = database.client();
    client
        .batch_execute(
            "create extension pg_musicstream;
             alter extension pg_musicstream drop function daily_metrics_at(text, date, date);
             drop function daily_metrics_at(text, date, date);
             alter extension pg_musicstream drop function musicstream_listeners(date, date, text[]);
             drop function musicstream_listeners(date, date, text[])",
        )
        .unwrap();
    play(&mut client, "EU", 3);
    let feed = database.feed();
    wait_for("three plays", || plays(&feed) == 3);
    feed.wish(Wish {
        zone: "Europe/Berlin".into(),
        minutes: Some(60),
        ..Wish::default()
    });
    wait_for("minutes", || feed.latest().extras.minutes.is_some());
    let latest = feed.latest();
    assert!(latest.can.version.is_some());
    assert_eq!(
        (latest.can.minutes, latest.can.zones, latest.can.listeners),
        (true, false, false)
    );
    assert_eq!(latest.data.unwrap().zone.name, "UTC");
}
