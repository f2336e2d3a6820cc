//! Days of zones, as the extension has them.

use super::{Database, play, plays, two_days, wait_for};
use musicstream_viewer::{
    data::{Dataset, Finality, Request},
    source::Health,
};
use postgres::Client;

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
    let Some((database, mut client)) = Database::with_extension("days_on_which_clocks_change")
    else {
        return;
    };
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
        feed.request(Request {
            zone: zone.clone(),
            ..Request::default()
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
    let zone = |name: &str| Request {
        zone: name.into(),
        ..Request::default()
    };
    feed.request(zone("Asia/Kathmandu"));
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

    feed.request(zone("Atlantis/Poseidon"));
    wait_for("UTC, since there is no such zone", || {
        name().as_deref() == Some("UTC")
    });
    assert_eq!(feed.latest().health, Health::Live);
    let can = feed.latest().can;
    for zone in ["UTC", "Europe/Berlin", "Asia/Kathmandu"] {
        assert!(can.zone_names.iter().any(|name| name == zone), "{zone}");
    }
}
