//! The minutes of a real Postgres, as they change.

use crate::database::{Database, PATIENCE, wait_for};
use crate::minutes::insert_minutes;
use musicstream_viewer::{
    data::{Dataset, Request},
    source::Feed,
};
use std::sync::Arc;

/// Ten series in each of some minutes that stay on screen meanwhile, today's and yesterday's.
const MINUTES: &str = "
    select date_trunc('minute', now()) - interval '1 minute' * back, 'play', 'R' || region, 10 + region, 0
    from unnest(array[0, 1440]) as day, generate_series(20, 150) as minute, generate_series(0, 9) as region,
         lateral (select day + minute as back) as position";

/// The minutes on screen: 180 in the one request, 240 in the other.
fn ask(feed: &Feed, minutes: i32) -> Arc<Dataset> {
    let request = Request {
        minutes: Some(minutes),
        ..Request::default()
    };
    feed.request(request.clone());
    feed.wait_for(&request, PATIENCE);
    feed.latest().extras.minutes.unwrap()
}

fn sum(data: &Dataset) -> i64 {
    data.cells().iter().map(|cell| cell.events).sum()
}

#[test]
fn of_the_minutes_on_screen_those_that_changed_are_read_and_no_others() {
    let Some((database, mut client)) = Database::with_extension("of_the_minutes_on_screen") else {
        return;
    };
    client
        .batch_execute(&insert_minutes("minute_counts", MINUTES))
        .unwrap();
    let change = |client: &mut postgres::Client, what: &str| {
        client
            .batch_execute(&format!("{what}; select musicstream_rollup()"))
            .unwrap();
    };
    // Without a day of its own nothing is shown at all.
    let deltas = |rows: &str| insert_minutes("metric_deltas", rows);
    change(
        &mut client,
        &deltas("values (date_trunc('minute', now()) - interval '10 minutes', 'play', 'R0', 1, 0)"),
    );
    let feed = database.feed();
    feed.wait(PATIENCE).unwrap();
    let minutes = ask(&feed, 180);
    assert_eq!(minutes.row_count(), 2 * 131 * 10 + 1);
    assert!(feed.latest().rows_read > 2620, "everything, at first");

    let shown = || feed.latest().extras.minutes.unwrap();
    let before = sum(&minutes);
    let steps = [
        // Of a new series, in a minute of which others are known, and in one of yesterday's.
        (
            deltas(
                "values (date_trunc('minute', now()) - interval '30 minutes', 'stop', 'R5', 7, 0),
                        (date_trunc('minute', now()) - interval '1500 minutes', 'play', 'R0', 1, 1)",
            ),
            8,
        ),
        // A minute of which nothing was known.
        (
            deltas("values (date_trunc('minute', now()) - interval '15 minutes', 'play', 'R1', 4, 0)"),
            4,
        ),
        // A minute that is taken away, ten series of 145 events.
        (
            deltas(
                "select minute, event_type, region, -events, 0
                 from minute_metrics
                 where minute = date_trunc('minute', now()) - interval '40 minutes'
                 union all
                 values (date_trunc('minute', now()) - interval '17 minutes', 'play', 'R2', 2, 0)",
            ),
            -143,
        ),
        // What moves from one series to another leaves the sum of its minute as it was.
        (
            deltas(
                "values (date_trunc('minute', now()) - interval '50 minutes', 'play', 'R1', -3, 0),
                        (date_trunc('minute', now()) - interval '50 minutes', 'play', 'R2', 3, 0),
                        (date_trunc('minute', now()) - interval '16 minutes', 'play', 'R2', 1, 0)",
            ),
            1,
        ),
    ];
    let mut expected = before;
    for (what, difference) in steps {
        expected += difference;
        change(&mut client, &what);
        wait_for(&what, || sum(&shown()) == expected);
        let read = feed.latest().rows_read;
        assert!(read <= 60, "{read} rows read for: {what}");
    }
    let wider = ask(&feed, 240);
    assert_eq!(wider.cells(), shown().cells(), "nothing lies further back");
    assert!(feed.latest().rows_read <= 60, "{}", feed.latest().rows_read);

    let seen = shown();
    let fresh = database.feed();
    fresh.wait(PATIENCE).unwrap();
    let whole = ask(&fresh, 240);
    assert_eq!(seen.cells(), whole.cells());
    assert_eq!(
        (&seen.event_types, &seen.regions),
        (&whole.event_types, &whole.regions)
    );
}
