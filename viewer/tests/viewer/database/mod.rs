//! The viewer against a real Postgres with the extension: `DATABASE_URL` names one where databases can be made.

mod changes;
mod lacking;
mod zones;

use musicstream_connect::Target;
use musicstream_viewer::source::{Feed, Health, problem::Problem};
use postgres::{Client, NoTls};
use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(300);
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database of the test's own; dropped at the end.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// A fresh one, or `None` (said aloud) where no server is named.
    pub(crate) fn fresh(test: &str) -> Option<Self> {
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

    /// One with the extension, and a connection to it; `None` as of [`Database::fresh`].
    pub(crate) fn with_extension(test: &str) -> Option<(Self, Client)> {
        let database = Self::fresh(test)?;
        let mut client = database.client();
        client
            .batch_execute("create extension pg_musicstream")
            .unwrap();
        Some((database, client))
    }

    pub(crate) fn url(&self) -> String {
        let (base, options) = match self.server.split_once('?') {
            Some((base, options)) => (base, format!("?{options}")),
            None => (self.server.as_str(), String::new()),
        };
        let (authority, _) = base.rsplit_once('/').unwrap();
        format!("{authority}/{}{options}", self.name)
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.url(), NoTls).unwrap()
    }

    pub(crate) fn feed(&self) -> Feed {
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

pub(crate) fn feed_of(url: &str) -> Feed {
    let target = Target::of_process(Some(url), "musicstream-viewer").unwrap();
    Feed::database(target, POLL).unwrap()
}

/// Stages `count` plays in a region now, and rolls up.
pub(crate) fn play(client: &mut Client, region: &str, count: i32) {
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

pub(crate) fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn plays(feed: &Feed) -> i64 {
    feed.latest()
        .data
        .map_or(-1, |data| data.cells().iter().map(|cell| cell.events).sum())
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
