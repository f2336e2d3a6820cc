//! Numbers and what is said of them are of one instant.

use super::database::{Database, PATIENCE};
use musicstream_viewer::data::Request;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};

const ROLLUPS: i64 = 300;
/// Rollups that the window may be behind.
const AHEAD: i64 = 30;
const ZONE: &str = "Asia/Kathmandu";

/// The watermark, and the number of plays that it was read with.
type Watermarks = BTreeMap<i64, Option<i64>>;

#[test]
fn days_of_a_zone_have_the_watermark_that_their_numbers_had() {
    let Some((database, mut client)) = Database::with_extension("days_of_one_instant") else {
        return;
    };
    let feed = database.feed();
    feed.request(Request {
        zone: ZONE.into(),
        ..Request::default()
    });
    let seen = AtomicI64::new(0);
    let deadline = Instant::now() + 3 * PATIENCE;
    let (shown, true_ones) = std::thread::scope(|scope| {
        let seen = &seen;
        // Each play is an hour later than the one before, so each rollup moves the watermark.
        let rollups = scope.spawn(move || {
            let mut watermarks = Watermarks::new();
            for play in 1..=ROLLUPS {
                client
                    .execute(
                        "insert into staging_events (event_id, user_id, event_type, region, ts)
                         values (gen_random_uuid()::text, 'ana', 'play', 'EU', (now() - $1 * interval '1 hour')::text)",
                        &[&((ROLLUPS - play) as f64)],
                    )
                    .unwrap();
                client.batch_execute("select musicstream_rollup()").unwrap();
                let watermark = client
                    .query_one(
                        "select (extract(epoch from watermark) * 1000000)::bigint from musicstream_status",
                        &[],
                    )
                    .unwrap();
                watermarks.insert(play, watermark.get(0));
                while seen.load(Ordering::Relaxed) < play - AHEAD && Instant::now() < deadline {
                    std::thread::sleep(Duration::from_millis(1)); // between two looks
                }
            }
            watermarks
        });
        let mut shown = Watermarks::new();
        while !shown.contains_key(&ROLLUPS) {
            assert!(Instant::now() < deadline, "waited for the last play");
            if let Some(data) = feed.latest().data.filter(|data| data.zone.name == ZONE) {
                let plays = data.cells().iter().map(|cell| cell.events).sum();
                shown.insert(plays, data.status.watermark);
                seen.store(plays, Ordering::Relaxed);
            }
            std::thread::sleep(Duration::from_millis(1)); // between two looks
        }
        (shown, rollups.join().unwrap())
    });
    assert!(shown.len() > 5, "the window followed: {}", shown.len());
    for (plays, watermark) in shown.into_iter().filter(|(plays, _)| *plays > 0) {
        assert_eq!(watermark, true_ones[&plays], "after {plays} plays");
    }
}
