//! Distinct listeners: the error of the sketches, and independence of batches, order and rollups.

use postgres::Client;

use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{Database, connect, value};
use musicstream_tests::oracle::roll_up;

/// The documented standard error, 1.04 / √2¹⁴.
const STANDARD_ERROR: f64 = 1.04 / 128.0;

/// Inserts events into the inbox. Event number `n` is the same event in every call.
fn stage(client: &mut Client, events: std::ops::Range<i64>, users: i64) {
    client
        .execute(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             select
                 md5(n::text)::uuid,
                 'user ' || (hashint8(n) & 2147483647) % $3::bigint,
                 'play',
                 (array['eu', 'us', 'apac'])[1 + n % 3],
                 to_char(timestamp '2026-03-01' + n % 97 * interval '30 minutes', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
             from generate_series($1::bigint, $2::bigint - 1) as n",
            &[&events.start, &events.end, &users],
        )
        .unwrap();
}

/// Checks that each day and region, and each combination of them, equals one sketch over the stored events.
fn assert_listeners_equal_raw(client: &mut Client, when: &str) {
    let wrong: Vec<String> = value(
        client,
        "with stored as (
            select
                (ts at time zone 'UTC')::date as day,
                region,
                round(musicstream_sketch_estimate(sketch_users(user_id)))::bigint as listeners
            from raw_events
            group by 1, 2
        )
        select coalesce(array_agg(to_jsonb(d)::text), '{}') from (
            (select 'surplus', day, region, listeners from live_daily_listeners
             except all select 'surplus', day, region, listeners from stored)
            union all
            (select 'missing', day, region, listeners from stored
             except all select 'missing', day, region, listeners from live_daily_listeners)
        ) as d",
        &[],
    );
    assert!(wrong.is_empty(), "{when}: {wrong:#?}");
    for (from, to, regions) in [
        ("null", "null", "null"),
        ("'2026-03-01'", "'2026-03-02'", "null"),
        ("'2026-03-02'", "null", "array['eu', 'apac']"),
        ("null", "'2026-03-01'", "array['us']"),
    ] {
        let several: i64 = value(
            client,
            &format!("select musicstream_listeners({from}, {to}, {regions})"),
            &[],
        );
        let expected: i64 = value(
            client,
            &format!(
                "select coalesce(round(musicstream_sketch_estimate(sketch_users(user_id))), 0)::bigint
                from raw_events
                where (ts at time zone 'UTC')::date >= coalesce({from}, date '-infinity')
                    and (ts at time zone 'UTC')::date <= coalesce({to}, date 'infinity')
                    and coalesce(region = any ({regions}), true)"
            ),
            &[],
        );
        assert_eq!(several, expected, "{when}: {from} to {to} in {regions}");
    }
}

#[test]
pub(crate) fn listeners_do_not_depend_on_batches_and_rollups() {
    let database = Database::create();
    let mut client = database.client();
    // Sketches with few users list them, sketches with many have registers: tests both, and the transition.
    for (batch, events) in [
        0..300,
        300..3_000,
        1_000..4_000,
        4_000..40_000,
        30_000..60_000,
        60_000..60_010,
    ]
    .into_iter()
    .enumerate()
    {
        stage(&mut client, events, 9_000);
        client.execute("select musicstream_upsert()", &[]).unwrap();
        assert_listeners_equal_raw(&mut client, &format!("batch {batch}"));
        if batch % 2 == 1 {
            roll_up(&mut client);
            assert_listeners_equal_raw(&mut client, &format!("rollup after batch {batch}"));
        }
    }
    let known: i64 = value(
        &mut client,
        "select count(distinct user_id) from raw_events",
        &[],
    );
    let estimated: i64 = value(
        &mut connect(&database.read_url()),
        "select musicstream_listeners()",
        &[],
    );
    let error = (estimated - known) as f64 / known as f64;
    assert!(error.abs() < 3.0 * STANDARD_ERROR, "{estimated} of {known}");
    roll_up(&mut client);
    let pending: i64 = value(&mut client, "select count(*) from listener_deltas", &[]);
    assert_eq!(pending, 0, "a rollup merges all pending sketches");
    let same: bool = value(
        &mut client,
        "select bool_and(listeners = round(musicstream_sketch_estimate(sketch)) and length(sketch) <= 8300)
         from daily_listeners",
        &[],
    );
    assert!(
        same,
        "the stored estimate equals that of the sketch, which has at most 8 kB"
    );
}

/// The canonical form of a sketch depends on each user, and on nothing else.
#[test]
fn the_canonical_form_depends_only_on_the_set_of_users() {
    let database = Database::create();
    let mut client = database.client();
    for users in [1_i64, 7, 8, 9, 24, 25, 200, 1_400, 1_700, 20_000] {
        let row = client
            .query_one(
                "with u as (select n, 'user ' || n as id from generate_series(1, $1::bigint) as n), s as (
                    select
                        sketch_users(id order by n) as forward,
                        sketch_users(id order by n desc) as backward,
                        sketch_users(id) filter (where n <= $1 / 2) as first,
                        sketch_users(id order by id) filter (where n >= $1 / 3) as second,
                        -- Fifty others: of one alone the register may be that of another.
                        sketch_users(case when n > $1 - 50 then 'other' else 'user' end || ' ' || n) as others
                    from u
                ), c as (
                    select
                        canonical_sketch(array[forward]) as expected,
                        canonical_sketch(array[backward]) as backward,
                        canonical_sketch(array[second, null, first]) as parts,
                        canonical_sketch(array[others]) as others,
                        musicstream_sketch_estimate(forward) as estimate
                    from s
                )
                select
                    expected = backward, expected = parts, expected = others,
                    canonical_sketch(array[expected]) = expected,
                    musicstream_sketch_estimate(expected) = estimate
                from c",
                &[&users],
            )
            .unwrap();
        let same: Vec<bool> = (0..row.len()).map(|column| row.get(column)).collect();
        assert_eq!(same, [true, true, false, true, true], "{users} users");
    }
    let none = "select canonical_sketch($1::text::bytea[]) is null";
    for broken in ["{}", "{null}", r#"{"\\x00"}"#] {
        assert!(value::<bool>(&mut client, none, &[&broken]), "{broken}");
    }
}

#[test]
fn the_error_is_within_the_documented_bound() {
    let database = Database::create();
    let mut client = database.client();
    for (users, sets) in [
        (1, 50),
        (30, 50),
        (1_400, 50),
        (5_000, 150),
        (20_000, 150),
        (150_000, 12),
    ] {
        let errors: Vec<f64> = client
            .query(
                "select musicstream_sketch_estimate(sketch_users(format('%s of %s', n, s))) / $1::float8 - 1
                 from generate_series(1, $2::bigint) as s, generate_series(1, $3::bigint) as n
                 group by s",
                &[&f64::from(users), &i64::from(sets), &i64::from(users)],
            )
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert_eq!(errors.len(), sets as usize);
        let count = f64::from(sets);
        let spread = (errors.iter().map(|error| error * error).sum::<f64>() / count).sqrt();
        let bias = errors.iter().sum::<f64>() / count;
        let beyond = errors
            .iter()
            .filter(|error| error.abs() > 3.0 * STANDARD_ERROR)
            .count();
        println!(
            "{users} users, {sets} sets: spread {spread:.5}, bias {bias:.5}, beyond three sigma {beyond}"
        );
        if users < 1_500 {
            assert!(spread < 1e-4, "small sets are practically exact: {spread}");
        } else {
            // Bounds of three sigma, which normal values exceed with a probability of 0.3 %; the sets are fixed.
            assert!(
                spread < 1.2 * STANDARD_ERROR,
                "{users} users: spread {spread}"
            );
            assert!(
                bias.abs() < 3.0 * STANDARD_ERROR / count.sqrt(),
                "{users} users: bias {bias}"
            );
            assert!(
                beyond <= 2,
                "{users} users: {beyond} sets beyond three sigma"
            );
        }
    }
}

/// Sketches of `user 0`, `user 1` and so on that the C++ library wrote have the same format and hashes.
#[test]
fn sketches_are_compatible_with_the_cpp_library() {
    let database = Database::create();
    let mut client = database.client();
    for (users, foreign) in [
        (5_i64, include_str!("listeners/datasketches-cpp-5.hex")),
        (200, include_str!("listeners/datasketches-cpp-200.hex")),
    ] {
        let (theirs, ours, both): (f64, f64, f64) = {
            let row = client
                .query_one(
                    "with ours as (
                        select sketch_users('user ' || n) as sketch from generate_series(0, $1::bigint - 1) as n
                    ), theirs as (
                        select decode($2, 'hex') as sketch
                    )
                    select
                        (select musicstream_sketch_estimate(sketch) from theirs),
                        (select musicstream_sketch_estimate(sketch) from ours),
                        (select musicstream_sketch_estimate(musicstream_sketch_union(sketch))
                         from (table ours union all table theirs) as b)",
                    &[&users, &foreign.trim()],
                )
                .unwrap();
            (row.get(0), row.get(1), row.get(2))
        };
        assert_eq!((theirs, ours), (both, both), "{users} users");
        assert!((both - users as f64).abs() < 0.01, "{both} of {users}");
    }
    for junk in ["", "00", "0201070e0308050", "0a01070e00000602ffff"] {
        let sql = format!(
            "select musicstream_sketch_estimate(decode('{:0<2}', 'hex'))",
            junk.get(..junk.len() & !1).unwrap()
        );
        let error = client.batch_execute(&sql).expect_err(junk);
        assert_eq!(error.code().unwrap().code(), "22P03", "{junk}: {error:?}");
        let hint = error.as_db_error().unwrap().hint().unwrap_or_default();
        assert!(hint.contains("musicstream_rebuild()"), "{junk}: {error:?}");
    }
}

#[test]
fn a_rebuild_removes_users_of_deleted_events_while_a_batch_is_open() {
    let database = Database::create();
    let mut client = database.client();
    stage(&mut client, 0..20_000, 9_000);
    roll_up(&mut client);
    stage(&mut client, 20_000..21_000, 20_000);
    client.execute("select musicstream_upsert()", &[]).unwrap();

    // A batch of new users that is not committed yet.
    let mut writer = connect(&database.ingest_url());
    stage(&mut writer, 50_000..51_000, 1_000_000);
    let mut batch = writer.transaction().unwrap();
    batch.execute("select musicstream_upsert()", &[]).unwrap();

    client
        .batch_execute(
            "delete from raw_events where region = 'apac';
             delete from raw_events where hashtext(user_id) % 3 = 0;",
        )
        .unwrap();
    let changed: i64 = value(
        &mut client,
        "select rebuild_listeners(array[date '2026-03-01', '2026-03-02', '2026-03-03', '1999-01-01'])",
        &[],
    );
    assert!(changed >= 6, "{changed} rows");
    assert_listeners_equal_raw(&mut client, "rebuilt");
    batch.commit().unwrap();
    assert_listeners_equal_raw(&mut client, "the batch has committed");
    roll_up(&mut client);
    assert_listeners_equal_raw(&mut client, "rolled up");
}

/// A sketch has 8 kB: rollups every few seconds that rewrote all sketches would fill the WAL and its archive.
#[test]
fn a_sketch_that_did_not_change_is_not_written() {
    const REGIONS: i64 = 50;
    // Full-page images after a checkpoint are not to be measured.
    let cluster = Cluster::start("full_page_writes = off\nautovacuum = off");
    let database = Database::create_in(&cluster.url(), "");
    let mut client = database.client();
    let store = |client: &mut Client, events: i64, user: &str| {
        client
            .batch_execute(&format!(
                "insert into staging_events (event_id, user_id, event_type, region, ts)
                 select gen_random_uuid(), {user}, 'play', 'region ' || n % {REGIONS}, '2026-03-01T12:00:00Z'
                 from generate_series(0, {events} - 1) as n;
                 select musicstream_upsert()"
            ))
            .unwrap();
    };
    // Enough users for each sketch to consist of registers.
    store(&mut client, 100_000, "'user ' || n / 50");
    roll_up(&mut client);
    let smallest: i32 = value(
        &mut client,
        "select min(octet_length(sketch)) from daily_listeners",
        &[],
    );
    assert!(smallest > 8000, "a sketch of {smallest} bytes");
    let written_by_rollup = |client: &mut Client| -> i64 {
        let position = "select pg_current_wal_insert_lsn()::text";
        let before: String = value(client, position, &[]);
        roll_up(client);
        value(
            client,
            "select (pg_current_wal_insert_lsn() - $1::text::pg_lsn)::bigint",
            &[&before],
        )
    };
    let sketches = "select md5(string_agg(sketch || updated_at::text::bytea, '' order by region)) from daily_listeners";
    let before: String = value(&mut client, sketches, &[]);

    store(&mut client, REGIONS, "'user ' || n");
    let written = written_by_rollup(&mut client);
    println!("{written} bytes of WAL without a new listener");
    assert!(
        written < 1000 * REGIONS,
        "{written} bytes of WAL for {REGIONS} events"
    );
    assert_eq!(value::<String>(&mut client, sketches, &[]), before);
    assert_listeners_equal_raw(&mut client, "without a new listener");

    store(&mut client, REGIONS, "'new user'");
    let written = written_by_rollup(&mut client);
    println!("{written} bytes of WAL with a new listener in each region");
    assert!(
        written > 8000 * REGIONS,
        "{written} bytes of WAL are too few for all sketches"
    );
    assert_listeners_equal_raw(&mut client, "with a new listener");
    // Few users are listed, not stored in registers.
    for user in ["'first'", "'second'", "'first'"] {
        store(&mut client, 1, user);
        client
            .batch_execute(&format!(
                "insert into staging_events (event_id, user_id, event_type, region, ts)
                 values (gen_random_uuid(), {user}, 'play', 'small', '2026-03-01T12:00:00Z')"
            ))
            .unwrap();
        roll_up(&mut client);
        assert_listeners_equal_raw(&mut client, user);
    }
    let small = "select listeners from daily_listeners where region = 'small'";
    assert_eq!(value::<i64>(&mut client, small, &[]), 2);
}
