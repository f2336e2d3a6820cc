//! How soon a rollup shows, with little and with much history, and what thousands of them leave behind.

use crate::{memory, report, window::Window};
use musicstream_connect::Target;
use musicstream_viewer::{page::State, source::Feed, ui::Clock};
use postgres::{Client, NoTls};
use std::{
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

const DATABASE: &str = "musicstream_bench_viewer";
const PATIENCE: Duration = Duration::from_secs(60);
const ROLLUPS: usize = 60;
const EARLY: usize = 100;
const SOAK: usize = 1200;
/// On a machine that is busy otherwise, as many as this leaves time for.
const SOAK_AT_MOST: Duration = Duration::from_secs(120);

/// `server` is the URL of a superuser; a database is made anew and dropped.
pub(crate) fn refresh(server: &str) {
    let (authority, _) = server.rsplit_once('/').unwrap();
    let url = format!("{authority}/{DATABASE}");
    let mut admin = Client::connect(server, NoTls).unwrap();
    let drop = format!("drop database if exists {DATABASE} with (force)");
    admin.batch_execute(&drop).unwrap();
    admin
        .batch_execute(&format!("create database {DATABASE}"))
        .unwrap();
    let mut client = Client::connect(&url, NoTls).unwrap();
    client
        .batch_execute("create extension pg_musicstream")
        .unwrap();
    for years in [1, 5] {
        remember(&mut client, years);
        let mut live = Live::new(&url);
        let rows = live.rows();
        // The first reads what the set-up has changed last, too.
        live.rollup(&mut client, 0);
        let mut times: Vec<Duration> = (0..ROLLUPS)
            .map(|number| live.rollup(&mut client, number))
            .collect();
        times.sort();
        let read = live.window.app.latest().rows_read;
        report(
            &format!(
                "from the commit of a rollup to the drawn frame, {rows} rows of history ({read} read again)"
            ),
            &format!(
                "95 % of {ROLLUPS} within {} ms, median {} ms",
                times[ROLLUPS * 95 / 100].as_millis(),
                times[ROLLUPS / 2].as_millis()
            ),
            "1 s",
        );
    }
    remember(&mut client, 1);
    let mut live = Live::new(&url);
    let (mut early, mut refreshes) = (0.0, 0);
    let started = Instant::now();
    while refreshes < SOAK && started.elapsed() < SOAK_AT_MOST {
        live.rollup(&mut client, refreshes);
        refreshes += 1;
        if refreshes == EARLY {
            early = memory::resident_mb();
        }
    }
    report(
        &format!("memory after {EARLY} and after {refreshes} refreshes, each with a frame"),
        &format!("{early:.1} MB, {:.1} MB", memory::resident_mb()),
        "300 MB, and no growth",
    );
    std::mem::drop((live, client));
    admin.batch_execute(&drop).unwrap();
}

/// So many years of 48 series, as the rollups of each day would have left them.
fn remember(client: &mut Client, years: i32) {
    client
        .execute(
            "insert into daily_metrics (day, event_type, region, events, late_events, updated_at)
             select current_date - back, 'type' || t, 'region' || r, 1000, 0, now() - interval '1 day' * back
             from generate_series(1, $1 * 365) as back, generate_series(1, 6) as t, generate_series(1, 8) as r
             on conflict do nothing",
            &[&years],
        )
        .unwrap();
    client.batch_execute("analyze daily_metrics").unwrap();
}

/// A window on a database.
struct Live {
    wakes: Receiver<()>,
    window: Window,
}

impl Live {
    fn new(url: &str) -> Self {
        let target = Target::of_process(Some(url), "musicstream-viewer").unwrap();
        let feed = Feed::database(target, Duration::from_secs(2)).unwrap();
        feed.wait(PATIENCE).unwrap();
        let (send, wakes) = channel();
        feed.on_change(move || {
            let _ = send.send(());
        });
        let mut window = Window::new(feed, State::default(), Clock::System);
        window.frame(vec![]);
        Self { wakes, window }
    }

    /// From the commit of a rollup until it is drawn.
    fn rollup(&mut self, client: &mut Client, number: usize) -> Duration {
        let before = self.revision();
        client
            .batch_execute(&format!(
                "insert into musicstream_internal.metric_deltas
                 select date_bin('1 hour', now(), 'epoch'), 'type1', 'region{}', 1, 0, musicstream_internal.pack_minutes(now(), 1, 0);
                 select musicstream_rollup()",
                number % 8 + 1
            ))
            .unwrap();
        let started = Instant::now();
        while self.revision() == before {
            self.wakes.recv_timeout(PATIENCE).unwrap();
            self.window.frame(vec![]);
        }
        started.elapsed()
    }

    fn revision(&self) -> i64 {
        let data = self.window.app.latest().data.as_ref();
        data.map_or(0, |data| data.status.revision)
    }

    fn rows(&self) -> usize {
        let data = self.window.app.latest().data.as_ref();
        data.map_or(0, |data| data.row_count())
    }
}
