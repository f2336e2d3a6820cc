//! The minutes of a real Postgres, as they change.

use crate::database::{Database, PATIENCE, wait_for};
use crate::harness::others;
use crate::minutes::insert_minutes;
use musicstream_viewer::{
    calendar::{Slot, Span},
    data::{Dataset, Request},
    page::{Hours, Page, State, View},
    source::Feed,
    stats::Change,
};
use postgres::Client;
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
    let latest = feed.latest();
    assert_eq!(latest.read, request);
    latest.extras.minutes.unwrap()
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

/// Events of few minutes, the first of them 26 hours ago: the three hours of yesterday begin before it.
const FEW_MINUTES: &str = "
    select date_trunc('minute', now()) - interval '1 minute' * back, event_type, 'R1', back % 5 + 1, 0
    from generate_series(5, 26 * 60) as back
    cross join (values ('pause', 11), ('play', 4)) as kind(event_type, every)
    where back % every = 0 or back = 26 * 60";

/// Number, sum, smallest and sum a day before of the minutes from one to another, those without a row as zeros.
const FIGURES: &str = "
    select count(*), sum(now.events)::bigint, min(now.events)::bigint, sum(before.events)::bigint
    from generate_series($1::bigint, $2::bigint) as series (at)
    cross join lateral (
        select coalesce(sum(events), 0) as events
        from live_minute_metrics as m
        where m.minute = to_timestamp(series.at * 60) and m.event_type = $3
    ) as now
    cross join lateral (
        select coalesce(sum(events), 0) as events
        from live_minute_metrics as m
        where m.minute = to_timestamp((series.at - 1440) * 60) and m.event_type = $3
    ) as before";

fn figures(client: &mut Client, from: i64, to: i64, event_type: &str) -> [i64; 4] {
    let row = client.query_one(FIGURES, &[&from, &to, &event_type]);
    let row = row.unwrap();
    [0, 1, 2, 3].map(|at| row.get(at))
}

/// A minute without a row had no events, from the first event of the database up to the newest one; before and after
/// them nothing is known.
#[test]
fn figures_of_minutes_are_those_of_sql_over_all_minutes() {
    let Some((database, mut client)) = Database::with_extension("figures_of_minutes") else {
        return;
    };
    let deltas = insert_minutes("metric_deltas", FEW_MINUTES);
    client
        .batch_execute(&format!("{deltas}; select musicstream_rollup()"))
        .unwrap();
    let feed = database.feed();
    feed.wait(PATIENCE).unwrap();
    let minutes = ask(&feed, 180);
    let state = State {
        view: View::Live,
        hours: Hours::Three,
        ..State::default()
    };
    let days = feed.latest().data.unwrap();
    let page = Page::new(&minutes, &days, &state, others).unwrap();

    let stored = "select (extract(epoch from min(minute)) / 60)::bigint, (extract(epoch from max(minute)) / 60)::bigint
                  from live_minute_metrics";
    let stored = client.query_one(stored, &[]).unwrap();
    let [first, last]: [i64; 2] = [0, 1].map(|at| stored.get(at));
    let from = i64::from(page.span.first.0);
    assert_eq!(page.span.count(), 180);
    assert_eq!(
        page.comparison.count() as i64,
        last - (first + 1440) + 1,
        "from the first event on, and up to the newest"
    );
    for (at, event_type) in ["pause", "play"].into_iter().enumerate() {
        let line = &page.tiles[1 + at];
        let [count, sum, least, _] = figures(&mut client, from, last, event_type);
        assert_eq!(line.figures.sum, sum, "{event_type}");
        assert_eq!(
            line.figures.mean,
            Some(sum as f64 / count as f64),
            "{event_type}"
        );
        assert_eq!(line.figures.min, Some(least), "{event_type}");
        let [_, sum, _, before] = figures(&mut client, first + 1440, last, event_type);
        let change = Change::Share((sum - before) as f64 / before as f64);
        assert_eq!(line.change, change, "{event_type}");
        let unknown = minutes.current().0 - last as i32;
        let known = line.counts.iter().filter(Option::is_some).count();
        assert_eq!(known, 180 - unknown as usize, "{event_type}");
        let before = line.before.iter().position(|count| count.is_some());
        assert_eq!(before, Some((first + 1440 - from) as usize), "{event_type}");
    }
    assert!(minutes.has_counts(page.span) && minutes.current() >= Slot(last as i32));
}

/// The minutes without a row that are zeros are those from the first event on to the newest one that is not ahead of the
/// server's clock, even if the events of the first hour are removed.
#[test]
fn zeros_begin_with_the_first_hour_and_end_with_the_newest_event_that_has_come() {
    let Some((database, mut client)) = Database::with_extension("zeros_begin_with_the_first")
    else {
        return;
    };
    let deltas = |rows: &str| insert_minutes("metric_deltas", rows);
    let at = |minutes: i32, events: i32| {
        format!(
            "(date_trunc('hour', now()) - interval '{minutes} minutes', 'play', 'R1', {events}, 0)"
        )
    };
    let rows = format!("values {}, {}, {}", at(170, 1), at(50, 1), at(-180, 1));
    client
        .batch_execute(&format!("{}; select musicstream_rollup()", deltas(&rows)))
        .unwrap();
    let zeros = |database: &Database| {
        let feed = database.feed();
        feed.wait(PATIENCE).unwrap();
        let minutes = ask(&feed, 300);
        let hour = minutes.current().0.div_euclid(60) * 60;
        let is_known = |back: &i32| {
            let slot = Slot(hour - back);
            minutes.has_counts(Span::new(slot, slot))
        };
        let known: Vec<i32> = (-60..300).filter(is_known).collect();
        (known.first().copied(), known.last().copied(), known.len())
    };
    assert_eq!(zeros(&database), (Some(50), Some(170), 121));
    let removed = deltas(&format!("values {}", at(170, -1)));
    client.batch_execute(&removed).unwrap();
    assert_eq!(zeros(&database), (Some(50), Some(180), 131));
}
