//! Hours and days of any time zone, compared with a count over the events in that zone.

use postgres::Client;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng, rngs::StdRng};

use musicstream_tests::batch::store;
use musicstream_tests::database::{Database, connect, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};

/// Zones with offsets of half and quarter hours, on both sides of the date line, and with changes at midnight or by half an hour.
const ZONES: [&str; 16] = [
    "UTC",
    "Africa/Cairo",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Etc/GMT+12",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
];

/// Changes of the offsets of these zones, in UTC.
const CHANGES: [&str; 14] = [
    "2010-03-14 03:31", // St John's, at one minute past midnight
    "2010-11-07 02:31", // back into the day before
    "2025-03-09 05:00", // Havana, at midnight
    "2025-03-29 22:00", // Beirut, at midnight
    "2025-03-30 01:00", // Berlin
    "2025-04-05 15:00", // Lord Howe, by half an hour
    "2025-04-06 03:00", // Santiago, at midnight
    "2025-04-24 22:00", // Cairo, at midnight
    "2025-10-04 15:30", // Lord Howe
    "2025-10-25 21:00", // Beirut, back to the day before
    "2025-10-26 01:00", // Berlin
    "2025-10-30 21:00", // Cairo, back to the day before
    "2025-11-02 05:00", // Havana, where midnight occurs twice
    "2025-11-02 06:00", // New York
];

/// Inserts random events within two days of each change, most of them close to it.
fn stage(client: &mut Client, random: &mut StdRng, per_change: usize) {
    let mut rows = String::new();
    for change in CHANGES {
        for _ in 0..per_change {
            let reach = *[120, 7_200, 150_000].choose(random).unwrap();
            let seconds: i64 = random.random_range(-reach..reach);
            let event_type = ["play", "pause", "stop"].choose(random).unwrap();
            let region = ["eu", "us"].choose(random).unwrap();
            rows += &format!(
                "('{event_type}', '{region}', timestamp '{change}' + interval '{seconds} s'),"
            );
        }
    }
    rows.pop();
    client
        .batch_execute(&format!(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             select gen_random_uuid(), 'u', event_type, region, to_char(ts, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
             from (values {rows}) as v (event_type, region, ts)"
        ))
        .unwrap();
}

fn differences(client: &mut Client, found: &str, expected: &str) -> Vec<String> {
    let sql = format!(
        "select coalesce(array_agg(to_jsonb(d)::text), '{{}}') from (
            (select 'surplus', * from ({found}) as f except all select 'surplus', * from ({expected}) as e)
            union all
            (select 'missing', * from ({expected}) as e except all select 'missing', * from ({found}) as f)
        ) as d"
    );
    value(client, &sql, &[])
}

#[test]
pub(crate) fn hours_and_days_of_any_zone_are_exact() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let database = Database::without_coming_days();
    let mut client = database.client();
    client
        .batch_execute("set musicstream.retention = '9000 d'")
        .unwrap();
    stage(&mut client, &mut random, 150);
    roll_up(&mut client);
    // Half of the events are folded, half are pending.
    stage(&mut client, &mut random, 150);
    client.execute("select musicstream_upsert()", &[]).unwrap();
    assert_metrics_equal_raw(&mut client);
    let pending: bool = value(
        &mut client,
        "select exists (select from metric_deltas)",
        &[],
    );
    assert!(pending);

    let hours = differences(
        &mut client,
        "select hour, event_type, region, events from hourly_metrics",
        "select date_trunc('hour', ts), event_type, region, count(*) from raw_events group by 1, 2, 3",
    );
    assert!(hours.is_empty(), "hours: {hours:#?}");

    let mut reader = connect(&database.read_url());
    for zone in ZONES {
        let counted = format!(
            "select (ts at time zone '{zone}')::date as day, event_type, region, count(*) from raw_events group by 1, 2, 3"
        );
        let days = differences(
            &mut client,
            &format!("select day, event_type, region, events from daily_metrics_at('{zone}')"),
            &counted,
        );
        assert!(days.is_empty(), "{zone}: {days:#?}");
        let day = [
            "2010-11-06",
            "2025-04-06",
            "2025-10-26",
            "2025-11-01",
            "2025-11-02",
        ]
        .choose(&mut random)
        .unwrap();
        let one_day = differences(
            &mut client,
            &format!(
                "select day, event_type, region, events from daily_metrics_at('{zone}', '{day}', '{day}')"
            ),
            &format!("select * from ({counted}) as c where day = '{day}'"),
        );
        assert!(one_day.is_empty(), "{zone}, {day} alone: {one_day:#?}");
        let sql = format!("select sum(events)::bigint from daily_metrics_at('{zone}')");
        let events: i64 = value(&mut reader, &sql, &[]);
        assert_eq!(
            events,
            300 * CHANGES.len() as i64,
            "{zone}, with the read role"
        );
    }
}

/// A day is final once the watermark has passed its end; tested minute by minute.
#[test]
fn a_day_of_a_zone_is_final_once_the_watermark_has_passed_it() {
    let mut random = StdRng::seed_from_u64(rand::random());
    let database = Database::without_coming_days();
    let mut client = database.client();
    client
        .batch_execute("set musicstream.retention = '9000 d'")
        .unwrap();
    stage(&mut client, &mut random, 60);
    roll_up(&mut client);
    let days: i64 = value(
        &mut client,
        "select count(distinct day) from daily_metrics",
        &[],
    );
    assert!(days > 30, "{days} days");
    for change in CHANGES {
        for seconds in [-30, 30, random.random_range(-90_000..90_000)] {
            client
                .batch_execute(&format!(
                    "update rollup_state set watermark = timestamptz '{change}Z' + interval '{seconds} s'"
                ))
                .unwrap();
            for zone in ZONES {
                let wrong: Vec<String> = value(
                    &mut client,
                    &format!(
                        "select coalesce(array_agg(to_jsonb(d)::text), '{{}}')
                        from daily_metrics_at('{zone}') as d
                        where d.is_final is distinct from (d.day < (
                            select min(((s.watermark + n * interval '1 minute') at time zone '{zone}')::date)
                            from rollup_state as s, generate_series(0, 1500) as n
                        ))"
                    ),
                    &[],
                );
                assert!(
                    wrong.is_empty(),
                    "{zone}, {change} and {seconds} s: {wrong:#?}"
                );
            }
        }
    }
}

/// The day of `daily_listening` has 24 hours, also if the day of the session's zone has 23.
#[test]
fn a_utc_day_is_settled_at_the_same_time_in_a_session_of_any_zone() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    client
        .batch_execute("set timezone = 'Europe/Berlin'")
        .unwrap();
    let must_store = |client: &mut Client, event: &str| {
        let outcome = store(client, "kafka:a/t", event).unwrap();
        assert_eq!(outcome.inserted, 1, "{outcome:?}");
        roll_up(client);
    };
    let is_settled = |client: &mut Client, watermark: &str| -> bool {
        client
            .batch_execute(&format!(
                "update rollup_state set watermark = '{watermark}'"
            ))
            .unwrap();
        value(
            client,
            "select is_settled from daily_listening where day = '2026-03-29'",
            &[],
        )
    };
    let assert_verified = |client: &mut Client| {
        let different: i64 = value(client, "select count(*) from musicstream_verify()", &[]);
        assert_eq!(different, 0);
    };
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-29T10:00Z')",
    );
    client
        .batch_execute("select musicstream_rollup_listening()")
        .unwrap();
    // A session could continue for half an hour. In Berlin, the day after 2026-03-29T00:00Z ends at 23:00Z.
    assert!(!is_settled(&mut client, "2026-03-29T23:45Z"));
    let watermark = "2026-03-30T00:30Z";
    assert!(is_settled(&mut client, watermark));
    // Not counted. It could end a play that began after 23:45Z.
    must_store(
        &mut client,
        "(0, 2, 2, 'bob', 'play', 'eu', '2026-03-30T00:10Z')",
    );
    assert!(!is_settled(&mut client, watermark));
    assert_verified(&mut client);
    must_store(
        &mut client,
        "(0, 3, 3, 'cem', 'play', 'eu', '2026-03-29T23:50Z')",
    );
    assert!(!is_settled(&mut client, watermark));
    assert_verified(&mut client);
}

#[test]
fn days_in_the_wrong_order_have_no_rows() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    for function in ["daily_metrics_at", "daily_listening_at"] {
        let sql = format!("select count(*) from {function}('UTC', '2026-03-31', '2026-03-01')");
        assert_eq!(value::<i64>(&mut client, &sql, &[]), 0, "{function}");
    }
}

#[test]
fn an_unknown_zone_is_refused() {
    let database = Database::without_coming_days();
    let mut client = connect(&database.read_url());
    for zone in [
        "'Mars/Olympus_Mons'",
        "'UTC+3'",
        "'<+01:23:45>-1:23:45'",
        "''",
        "null",
    ] {
        let error = client
            .batch_execute(&format!("select * from daily_metrics_at({zone})"))
            .expect_err(zone);
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code().code(), "22023", "{zone}: {error:?}");
        assert!(
            error.message().contains("is not known"),
            "{zone}: {error:?}"
        );
        assert!(
            error
                .hint()
                .unwrap_or_default()
                .contains("pg_timezone_names"),
            "{zone}: {error:?}"
        );
    }
    // A name with digits. (Not EST5EDT, which Debian 13 has moved to the package tzdata-legacy.)
    client
        .batch_execute("select * from daily_metrics_at('Etc/GMT+5')")
        .unwrap();
}
