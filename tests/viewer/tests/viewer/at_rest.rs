//! A real window without new numbers: when it draws a frame, and its memory.

use std::{env, fs, time::Duration, time::Instant};

use musicstream_tests::minutes::insert_minutes;
use musicstream_tests::{
    database::{Database, value},
    process::Program,
    wait::until,
};
use musicstream_viewer_tests::desktop::Desktop;
use postgres::Client;

use crate::real_window::{SIZE, saturated, start};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Five years of 48 series.
const HISTORY: &str = "
    insert into daily_metrics (day, event_type, region, events, late_events, updated_at)
    select current_date - back, 'type' || t, 'region' || r, 1000 + back * 7 % 500, 0, now() - interval '1 day' * back
    from generate_series(1, 1825) as back, generate_series(1, 6) as t, generate_series(1, 8) as r";

/// Number of polls without news, during which the window must not draw.
const POLLS: usize = 10;

#[test]
fn a_frame_is_drawn_for_new_numbers_and_never_while_minimised() {
    if env::var_os("DATABASE_URL").is_none() {
        musicstream_tests::data::skip("a_frame_is_drawn_for_new_numbers", "no DATABASE_URL");
        return;
    }
    let database = Database::create();
    let mut client = database.client();
    client.batch_execute(HISTORY).unwrap();
    let desktop = Desktop::start();
    let home = tempfile::tempdir().unwrap();
    let options = ["--count-frames", "--poll", "0.1", "--range", "all"];
    let viewer = start(&desktop, &database.read_url(), home.path(), &options);
    let window = desktop.window("musicstream");
    wait_for_lines(&desktop, window);

    wait_until_idle(&viewer, &mut client);
    let frames = drawn(&viewer);
    for poll in 0..POLLS {
        wait_for_poll(&mut client);
        assert_eq!(drawn(&viewer), frames, "poll {poll}");
    }

    let started = Instant::now();
    roll_up(&mut client);
    until(TIMEOUT, "a frame with the new numbers", || {
        (drawn(&viewer) > frames).then_some(())
    });
    eprintln!(
        "measured: | from a rollup to the frame of a real window, 87,600 rows of history | {:.2} s | 1 s |",
        started.elapsed().as_secs_f64()
    );
    let memory = resident_mb(&viewer);
    eprintln!(
        "measured: | memory of a real window on 87,600 rows, with the software renderer | {memory} MB | 300 MB |"
    );
    assert!(memory < 300, "{memory} MB");

    wait_until_idle(&viewer, &mut client);
    desktop.minimise(window);
    wait_until_idle(&viewer, &mut client);
    let frames = drawn(&viewer);
    for rollup in 0..3 {
        roll_up(&mut client);
        for _ in 0..POLLS {
            wait_for_poll(&mut client);
        }
        assert_eq!(
            drawn(&viewer),
            frames,
            "rollup {rollup}, while the window is minimised"
        );
    }
    desktop.restore(window);
    until(TIMEOUT, "a frame after the window is restored", || {
        (drawn(&viewer) > frames).then_some(())
    });
    wait_for_lines(&desktop, window);
}

#[test]
fn notifications_update_the_window_before_the_next_poll() {
    if env::var_os("DATABASE_URL").is_none() {
        musicstream_tests::data::skip("notifications_update_the_window", "no DATABASE_URL");
        return;
    }
    let database = Database::create();
    let mut client = database.client();
    roll_up(&mut client);
    let desktop = Desktop::start();
    let home = tempfile::tempdir().unwrap();
    // The next poll would come after an hour.
    let options = ["--count-frames", "--poll", "3600", "--view", "live"];
    let viewer = start(&desktop, &database.read_url(), home.path(), &options);
    let window = desktop.window("musicstream");
    wait_for_lines(&desktop, window);
    let all = [0, 0, SIZE[0], SIZE[1]];
    for _ in 0..3 {
        let frames = drawn(&viewer);
        let before = desktop.picture(window, all);
        let started = Instant::now();
        roll_up(&mut client);
        until(TIMEOUT, "the new numbers in the window", || {
            (drawn(&viewer) > frames && desktop.picture(window, all) != before).then_some(())
        });
        eprintln!("in the window after {:?}", started.elapsed());
    }
}

fn wait_for_lines(desktop: &Desktop, window: u32) {
    let all = [0, 0, SIZE[0], SIZE[1]];
    until(TIMEOUT, "lines in the window", || {
        (saturated(&desktop.picture(window, all)) > 50).then_some(())
    });
}

/// Adds a play to the metrics.
fn roll_up(client: &mut Client) {
    client
        .batch_execute(
            &(insert_minutes(
                "metric_deltas",
                "values (date_trunc('minute', now()), 'type1', 'region1', 1, 0)",
            ) + "; select musicstream_rollup()"),
        )
        .unwrap();
}

/// Waits for the next poll of the viewer.
fn wait_for_poll(client: &mut Client) {
    let mut asked_at = || -> Option<String> {
        value(
            client,
            "select max(query_start)::text from pg_stat_activity
             where application_name = 'musicstream-viewer' and datname = current_database()",
            &[],
        )
    };
    let before = asked_at();
    until(TIMEOUT, "a poll", || (asked_at() != before).then_some(()));
}

/// Waits until several polls have passed without a frame.
fn wait_until_idle(viewer: &Program, client: &mut Client) {
    until(TIMEOUT, "a rest", || {
        let frames = drawn(viewer);
        for _ in 0..POLLS {
            wait_for_poll(client);
        }
        (drawn(viewer) == frames).then_some(())
    });
}

fn drawn(viewer: &Program) -> usize {
    let log = viewer.log();
    log.lines()
        .filter(|line| line.starts_with("frame "))
        .count()
}

fn resident_mb(viewer: &Program) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", viewer.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes.unwrap().parse::<u64>().unwrap() / 1024
}
