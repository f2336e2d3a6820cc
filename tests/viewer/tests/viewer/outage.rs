//! The viewer while its server is killed, suspended and restarted.

use std::{
    env,
    time::{Duration, Instant},
};

use egui::vec2;
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_connect::Target;
use musicstream_tests::minutes::insert_minutes;
use musicstream_tests::{
    cluster::Cluster,
    database::{Database, value},
    proxy::Proxy,
    wait::until,
};
use musicstream_viewer::{
    page::State,
    source::{Feed, Health},
    ui::{App, Clock, theme},
};
use postgres::Client;

const TIMEOUT: Duration = Duration::from_secs(60);
/// Less than the time limit of a load.
const NOTICED: Duration = Duration::from_secs(20);

fn play(client: &mut Client, count: i32) {
    client
        .execute(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             select gen_random_uuid()::text, 'ana', 'play', 'EU', to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')
             from generate_series(1, $1)",
            &[&count],
        )
        .unwrap();
    client.batch_execute("select musicstream_rollup()").unwrap();
}

/// All text in the accessibility tree.
fn words(harness: &mut Harness<'_, App>) -> String {
    harness.step();
    let nodes = harness.query_all(egui_kittest::kittest::By::new());
    let label = |node: egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        node.label().or_else(|| node.value())
    };
    nodes.filter_map(label).collect::<Vec<_>>().join("\n")
}

/// A window on a database, after its first load.
fn window(url: &str) -> Harness<'static, App> {
    let target = Target::of_process(Some(url), "musicstream-viewer").unwrap();
    let feed = Feed::database(target, Duration::from_secs(2)).unwrap();
    feed.wait(TIMEOUT).unwrap();
    let app = App::new(feed, State::default(), Clock::System, env::temp_dir());
    Harness::builder()
        .with_size(vec2(1280.0, 800.0))
        .with_max_steps(12)
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, app: &mut App| {
                app.logic();
                app.ui(ui);
            },
            app,
        )
}

#[test]
fn a_killed_server_is_reported_and_missed_rows_are_read_after_its_return() {
    if env::var_os("DATABASE_URL").is_none() {
        musicstream_tests::data::skip("a_killed_server_is_reported", "no DATABASE_URL");
        return;
    }
    let cluster = Cluster::start("");
    let database = Database::create_in(&cluster.url(), "");
    play(&mut database.client(), 3);
    let mut harness = window(&database.read_url());
    let before = words(&mut harness);
    assert!(before.contains("All events: 3 events"), "{before}");
    assert!(!before.contains("Try now"), "{before}");

    let killed = Instant::now();
    cluster.kill_all();
    let during = until(TIMEOUT, "the banner", || {
        let words = words(&mut harness);
        words.contains("Try now").then_some(words)
    });
    let told = killed.elapsed();
    assert!(
        during.contains("All events: 3 events"),
        "numbers stay: {during}"
    );

    cluster.boot();
    let back = Instant::now();
    let mut client = cluster.await_writable();
    drop(client);
    client = database.client();
    play(&mut client, 4);
    let after = until(TIMEOUT, "the missed numbers", || {
        let words = words(&mut harness);
        words.contains("All events: 7 events").then_some(words)
    });
    let met = back.elapsed();
    assert!(!after.contains("Try now"), "{after}");
    eprintln!(
        "measured: | `kill -9` of the server: from there to the banner | {:.2} s | 2 s |",
        told.as_secs_f64()
    );
    eprintln!(
        "measured: | from the server's return to the rows that were missed | {:.2} s | 5 s |",
        met.as_secs_f64()
    );
}

/// Neither a suspended server nor a network that drops packets closes a connection.
#[test]
fn a_silent_server_is_reported_and_reconnected() {
    if env::var_os("DATABASE_URL").is_none() {
        musicstream_tests::data::skip("a_silent_server_is_reported", "no DATABASE_URL");
        return;
    }
    let cluster = Cluster::start("");
    let database = Database::create_in(&cluster.url(), "");
    play(&mut database.client(), 3);
    let proxy = Proxy::start(&cluster.address());
    let mut direct = window(&database.read_url());
    let url = database.read_url();
    let mut through = window(&url.replace(&cluster.address(), proxy.address()));

    // During a load, which may take long: it waits for a lock.
    let mut holder = database.client();
    let mut lock = holder.transaction().unwrap();
    lock.batch_execute("lock table daily_metrics in access exclusive mode")
        .unwrap();
    let mut client = database.client();
    client
        .batch_execute(&insert_minutes(
            "metric_deltas",
            "values (date_trunc('minute', now()), 'play', 'EU', 1, 0)",
        ))
        .unwrap();
    until(TIMEOUT, "blocked loads", || {
        let waiting = "select count(*) from pg_stat_activity
                       where application_name = 'musicstream-viewer' and wait_event_type = 'Lock'";
        (value::<i64>(&mut client, waiting, &[]) > 0).then_some(())
    });
    let frozen = cluster.suspend();
    let since = Instant::now();
    wait_for_banner(&mut direct, "of a suspended server");
    eprintln!(
        "measured: | a server that is frozen and closes nothing: from there to the banner | {:.2} s | some seconds |",
        since.elapsed().as_secs_f64()
    );
    drop(frozen);
    lock.rollback().unwrap();
    play(&mut client, 3);
    for harness in [&mut direct, &mut through] {
        wait_for_numbers(harness, "All events: 7 events");
    }

    proxy.set_silent(true);
    wait_for_banner(&mut through, "of a network that drops all packets");
    play(&mut database.client(), 2);
    proxy.set_silent(false);
    wait_for_numbers(&mut through, "All events: 9 events");
}

fn wait_for_banner(harness: &mut Harness<'_, App>, what: &str) {
    let words = until(NOTICED, &format!("the banner {what}"), || {
        let words = words(harness);
        words.contains("Try now").then_some(words)
    });
    assert!(words.contains("The connection is lost"), "{words}");
    assert!(words.contains("All events: "), "numbers stay: {words}");
}

fn wait_for_numbers(harness: &mut Harness<'_, App>, numbers: &str) {
    until(TIMEOUT, numbers, || {
        let words = words(harness);
        (words.contains(numbers) && !words.contains("Try now")).then_some(())
    });
}

#[test]
fn polls_that_find_nothing_new_wake_no_window() {
    if env::var_os("DATABASE_URL").is_none() {
        musicstream_tests::data::skip(
            "polls_that_find_nothing_new_wake_no_window",
            "no DATABASE_URL",
        );
        return;
    }
    let database = Database::create();
    play(&mut database.client(), 3);
    let target = Target::of_process(Some(&database.read_url()), "musicstream-viewer").unwrap();
    let feed = Feed::database(target, Duration::from_millis(20)).unwrap();
    feed.wait(TIMEOUT).unwrap();
    assert_eq!(feed.latest().health, Health::Live);
    let (send, wakes) = std::sync::mpsc::channel();
    feed.on_change(move || {
        let _ = send.send(());
    });
    let generation = feed.latest().generation;
    let mut checked_at = feed.checked_at();
    until(TIMEOUT, "a poll", || {
        (feed.checked_at() != checked_at).then_some(())
    });
    // The first load may be announced shortly after its numbers are visible.
    while wakes.try_recv().is_ok() {}
    for look in 0..10 {
        checked_at = until(TIMEOUT, "a poll", || {
            let now = feed.checked_at();
            (now != checked_at).then_some(now)
        });
        assert_eq!(wakes.try_recv().ok(), None, "poll {look}");
    }
    assert_eq!(feed.latest().generation, generation);
    play(&mut database.client(), 1);
    wakes.recv_timeout(TIMEOUT).unwrap();
}
