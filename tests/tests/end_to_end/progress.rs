//! Status, progress, and the watermark, which follows the slowest active source.

use std::time::Duration;

use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;

use musicstream_tests::database::{Database, connect, process_of, value, waits_for};
use musicstream_tests::wait::until;

/// The rejects by reason in the status, and a count over rejected_events.
fn rejects(client: &mut Client) -> (String, String) {
    let row = client
        .query_one(
            "select
                (select rejected || ' ' || rejected_by_reason from musicstream_status),
                (select count(*) from rejected_events) || ' ' || coalesce((
                    select jsonb_object_agg(reason, events)
                    from (select reason, count(*) as events from rejected_events group by reason) as r
                ), '{}')",
            &[],
        )
        .unwrap();
    (row.get(0), row.get(1))
}

fn assert_rejects_are_counted(client: &mut Client, when: &str) -> String {
    let (said, true_counts) = rejects(client);
    assert_eq!(said, true_counts, "{when}");
    said
}

#[test]
pub(crate) fn rejects_are_counted_after_any_change() {
    let database = Database::create();
    let mut client = database.client();
    assert_eq!(assert_rejects_are_counted(&mut client, "at first"), "0 {}");
    let mut ingest = connect(&database.ingest_url());
    for batch in 0..3 {
        ingest
            .batch_execute(&format!(
                "insert into staging_events values
                    ('x', 'u', 'play', 'eu', '2026-03-01T00:00:00Z'),
                    (null, 'u', 'play', 'eu', '2026-03-01T00:00:00Z'),
                    (md5('{batch}'), 'u', 'rewind', 'eu', '2026-03-01T00:00:00Z'),
                    (md5('known'), 'u{batch}', 'play', 'eu', '2026-03-01T00:00:00Z');
                select musicstream_rollup()"
            ))
            .unwrap();
    }
    let counted = assert_rejects_are_counted(&mut client, "after three batches");
    assert!(counted.starts_with("11 "), "{counted}");

    for position in 0..150 {
        client
            .execute(
                "insert into rejected_events (source, partition, position, reason)
                 select 'kafka:c/t', 0, $1::bigint, (array['invalid_json', 'missing_field'])[1 + $1::bigint % 2]",
                &[&i64::from(position)],
            )
            .unwrap();
    }
    assert_rejects_are_counted(&mut client, "inserted by a user");
    ingest.execute("select musicstream_rollup()", &[]).unwrap();
    assert_rejects_are_counted(&mut client, "merged by a rollup");
    let rows: i64 = value(&mut client, "select count(*) from reject_counts", &[]);
    let reasons: i64 = value(
        &mut client,
        "select count(distinct reason) from rejected_events",
        &[],
    );
    assert_eq!(rows, reasons, "one row for each reason, not {rows}");

    client
        .batch_execute(
            "delete from rejected_events where reason = 'invalid_json' or position % 7 = 0",
        )
        .unwrap();
    assert_rejects_are_counted(&mut client, "some deleted");
    client
        .batch_execute("begin; delete from rejected_events; rollback")
        .unwrap();
    assert_rejects_are_counted(&mut client, "a deletion rolled back");
    client.batch_execute("truncate rejected_events").unwrap();
    assert_eq!(assert_rejects_are_counted(&mut client, "truncated"), "0 {}");
}

/// The rollup has merged the counts and is not committed.
#[test]
fn rejects_truncated_during_a_rollup_are_not_counted() {
    let database = Database::without_coming_days();
    let mut admin = database.client();
    // One row of reject_counts for each statement; a rollup merges more than a hundred.
    admin
        .batch_execute(
            "do $$ begin
                for n in 1..101 loop
                    insert into rejected_events (source, partition, position, reason) values ('kafka:c/t', 0, n, 'invalid_json');
                end loop;
            end $$",
        )
        .unwrap();
    let [mut roller, mut eraser] = [database.client(), database.client()];
    let [roller_pid, eraser_pid] = [&mut roller, &mut eraser].map(process_of);
    roller
        .batch_execute("begin; select musicstream_rollup()")
        .unwrap();
    std::thread::scope(|scope| {
        let truncation = scope.spawn(|| eraser.batch_execute("truncate rejected_events"));
        until(
            Duration::from_secs(60),
            "the truncation to wait for the rollup",
            || {
                assert!(!truncation.is_finished(), "the truncation did not wait");
                waits_for(&mut admin, eraser_pid, roller_pid).then_some(())
            },
        );
        roller.batch_execute("commit").unwrap();
        truncation.join().unwrap().unwrap();
    });
    assert_eq!(assert_rejects_are_counted(&mut admin, "truncated"), "0 {}");
}

#[test]
fn the_status_reads_no_table_that_grows() {
    let database = Database::create();
    let mut client = database.client();
    let plan: Vec<String> = client
        .query("explain select * from musicstream_status", &[])
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let plan = plan.join("\n");
    for table in [
        "raw_events",
        "rejected_events",
        "minute_counts",
        "daily_metrics",
        "daily_listeners",
    ] {
        assert!(!plan.contains(table), "{table}: {plan}");
    }
    for table in ["metric_deltas", "staging_events"] {
        assert!(plan.contains(table), "{table}: {plan}");
    }
    client
        .batch_execute(
            "insert into metric_deltas select '2026-03-01', 'play', 'eu', 1, 0, '' from generate_series(1, 100003);
             insert into staging_events (event_id) select '' from generate_series(1, 100003)",
        )
        .unwrap();
    let bounded: (i64, i64) = {
        let row = client
            .query_one("select pending_deltas, staged from musicstream_status", &[])
            .unwrap();
        (row.get(0), row.get(1))
    };
    assert_eq!(bounded, (100_000, 100_000), "counts are limited");
}

#[test]
fn the_status_shows_the_last_rollup() {
    let database = Database::create();
    let mut client = database.client();
    let mut last = || {
        client.execute("select musicstream_rollup()", &[]).unwrap();
        let row = client
            .query_one(
                "select last_rollup_deltas, revision, last_rollup_ms > 0 and last_rollup_ms < 60000, last_rollup_at > now() - interval '1 minute',
                    lag > interval '1 minute' and newest_event_ts = '2026-03-01T01:02:00Z'
                 from musicstream_status",
                &[],
            )
            .unwrap();
        let told: (Option<i64>, i64, Option<bool>, Option<bool>, Option<bool>) =
            (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
        client
            .batch_execute(
                "insert into staging_events values
                    (md5('1'), 'u', 'play', 'eu', '2026-03-01T00:00:00Z'),
                    (md5('2'), 'u', 'play', 'eu', '2026-03-01T00:00:30Z'),
                    (md5('3'), 'u', 'play', 'eu', '2026-03-01T01:02:00Z')",
            )
            .unwrap();
        told
    };
    assert_eq!(
        last(),
        (Some(0), 0, Some(true), Some(true), None),
        "without deltas"
    );
    assert_eq!(
        last(),
        (Some(2), 1, Some(true), Some(true), Some(true)),
        "two hours"
    );
    assert_eq!(
        last(),
        (Some(0), 1, Some(true), Some(true), Some(true)),
        "duplicates"
    );
}

const STREAM: &str = "kafka:c/t";
const FILE: &str = "file:f";

struct Pipeline {
    admin: Client,
    ingest: Client,
    batches: i64,
}

impl Pipeline {
    fn start(database: &Database, admin: Client) -> Pipeline {
        let mut ingest = connect(&database.ingest_url());
        ingest
            .execute("select musicstream_session_staging()", &[])
            .unwrap();
        Pipeline {
            admin,
            ingest,
            batches: 0,
        }
    }

    fn claim(&mut self, source: &str, partition: i32) -> i64 {
        value(
            &mut self.ingest,
            "select epoch from musicstream_claim($1, $2, 'tester')",
            &[&source, &partition],
        )
    }

    /// Stores a batch of one event, at a time of 2026-03-01 or at any SQL expression.
    fn store(
        &mut self,
        source: &str,
        partition: i32,
        epoch: i64,
        ts: &str,
    ) -> Result<(), postgres::Error> {
        self.batches += 1;
        let mut batch = self.ingest.transaction()?;
        batch.execute(
            "select musicstream_advance($1, $2, (select next_offset from ingest_offsets where source = $1 and partition = $2), $3, $4)",
            &[&source, &partition, &self.batches, &epoch],
        )?;
        batch.batch_execute(&format!(
            "insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
             values ({partition}, {}, md5('{}')::uuid, 'u', 'play', 'eu', {ts})",
            self.batches, self.batches
        ))?;
        batch.execute("select * from musicstream_upsert_batch($1)", &[&source])?;
        batch.commit()
    }

    fn release(&mut self, source: &str, partition: i32, epoch: i64) -> bool {
        value(
            &mut self.ingest,
            "select musicstream_release($1, $2, $3)",
            &[&source, &partition, &epoch],
        )
    }

    /// Hour and minute of the watermark after a rollup, and the partitions that determine it.
    fn watermark(&mut self) -> (String, Vec<String>) {
        self.ingest
            .execute("select musicstream_rollup()", &[])
            .unwrap();
        let row = self
            .admin
            .query_one(
                "select to_char(musicstream_watermark() at time zone 'UTC', 'HH24:MI'),
                    array(select source || ' ' || partition from musicstream_progress where holds_watermark order by 1)",
                &[],
            )
            .unwrap();
        (row.get(0), row.get(1))
    }

    fn states(&mut self) -> Vec<String> {
        let sql = "select array_agg(source || ' ' || partition || ' ' || state order by source, partition) from musicstream_progress";
        value(&mut self.admin, sql, &[])
    }

    /// Makes a partition idle, as if nothing had arrived for an hour.
    fn make_idle(&mut self, source: &str, partition: i32) {
        self.admin
            .execute(
                "update ingest_offsets set active_at = now() - interval '1 hour' where source = $1 and partition = $2",
                &[&source, &partition],
            )
            .unwrap();
    }
}

fn at(time: &str) -> String {
    format!("timestamptz '2026-03-01T{time}Z'")
}

fn holder(source: &str, partition: i32) -> Vec<String> {
    vec![format!("{source} {partition}")]
}

#[test]
pub(crate) fn the_watermark_follows_the_slowest_active_partition() {
    let database = Database::create();
    database.set("musicstream.lateness", "30min");
    let admin = database.client();
    let mut pipeline = Pipeline::start(&database, admin);
    let (first, second) = (pipeline.claim(STREAM, 0), pipeline.claim(STREAM, 1));

    pipeline.store(STREAM, 0, first, &at("10:00")).unwrap();
    pipeline.store(STREAM, 1, second, &at("08:00")).unwrap();
    assert_eq!(pipeline.watermark(), ("07:30".into(), holder(STREAM, 1)));

    // An event ahead of the clock is stored, but does not count as progress.
    pipeline
        .store(STREAM, 1, second, "now() + interval '20 hours'")
        .unwrap();
    assert_eq!(pipeline.watermark(), ("07:30".into(), holder(STREAM, 1)));
    // Events too far ahead or too old are rejected.
    pipeline
        .store(STREAM, 1, second, "now() + interval '10 years'")
        .unwrap();
    pipeline
        .store(STREAM, 1, second, "timestamptz '1970-01-01T00:00:00Z'")
        .unwrap();
    assert_eq!(pipeline.watermark(), ("07:30".into(), holder(STREAM, 1)));
    let rejected: String = value(
        &mut pipeline.admin,
        "select rejected_by_reason::text from musicstream_status",
        &[],
    );
    assert_eq!(rejected, r#"{"too_old": 1, "too_far_in_future": 1}"#);

    pipeline.make_idle(STREAM, 1);
    assert_eq!(pipeline.watermark(), ("09:30".into(), holder(STREAM, 0)));
    let counts: (i64, i64) = {
        let row = pipeline
            .admin
            .query_one(
                "select active_partitions, idle_partitions from musicstream_status",
                &[],
            )
            .unwrap();
        (row.get(0), row.get(1))
    };
    assert_eq!(counts, (1, 1), "active and idle");
    // A rejected event does not make the partition active.
    pipeline
        .store(STREAM, 1, second, "timestamptz '1970-01-01T00:00:00Z'")
        .unwrap();
    assert_eq!(pipeline.watermark(), ("09:30".into(), holder(STREAM, 0)));

    // The idle partition becomes active with older events: they are counted, and the watermark does not move back.
    pipeline.store(STREAM, 1, second, &at("08:10")).unwrap();
    assert_eq!(pipeline.watermark(), ("09:30".into(), holder(STREAM, 1)));
    pipeline.store(STREAM, 1, second, &at("11:00")).unwrap();
    pipeline.store(STREAM, 0, first, &at("11:30")).unwrap();
    assert_eq!(pipeline.watermark(), ("10:30".into(), holder(STREAM, 1)));
}

#[test]
fn a_released_source_does_not_delay_the_watermark() {
    let database = Database::create();
    let mut pipeline = Pipeline::start(&database, database.client());
    let (stream, file) = (pipeline.claim(STREAM, 0), pipeline.claim(FILE, 0));
    pipeline.store(STREAM, 0, stream, &at("12:00")).unwrap();
    pipeline.store(FILE, 0, file, &at("07:00")).unwrap();
    assert_eq!(pipeline.watermark(), ("06:00".into(), holder(FILE, 0)));

    assert!(
        !pipeline.release(FILE, 0, file + 1),
        "with an epoch other than the owner's"
    );
    assert!(!pipeline.release(FILE, 7, 1), "a partition without a claim");
    assert!(pipeline.release(FILE, 0, file));
    assert!(!pipeline.release(FILE, 0, file), "twice");
    assert_eq!(pipeline.watermark(), ("11:00".into(), holder(STREAM, 0)));
    assert_eq!(
        pipeline.states(),
        ["file:f 0 released", "kafka:c/t 0 active"]
    );
    let late = pipeline
        .store(FILE, 0, file, &at("07:30"))
        .expect_err("the partition was released");
    assert_eq!(late.code().unwrap().code(), "MS001", "{late:?}");

    // Without an active partition, the watermark follows the released ones.
    assert!(pipeline.release(STREAM, 0, stream));
    let file = pipeline.claim(FILE, 0);
    assert_eq!(
        pipeline.states(),
        ["file:f 0 active", "kafka:c/t 0 released"]
    );
    pipeline.store(FILE, 0, file, &at("14:00")).unwrap();
    assert!(pipeline.release(FILE, 0, file));
    assert_eq!(pipeline.watermark(), ("13:00".into(), vec![]));
}

#[test]
fn a_source_with_old_events_is_active() {
    let database = Database::create();
    let mut client = database.client();
    for hour in [10, 9] {
        client
            .batch_execute(&format!(
                "update ingest_offsets set active_at = now() - interval '1 hour';
                 insert into staging_events values (md5('{hour}'), 'u', 'play', 'eu', '2026-03-01T{hour:02}:00:00Z');
                 select musicstream_upsert()"
            ))
            .unwrap();
        let told: String = value(
            &mut client,
            "select state || ' ' || to_char(max_event_ts at time zone 'UTC', 'HH24') from musicstream_progress",
            &[],
        );
        assert_eq!(told, "active 10", "hour {hour}");
    }
}

/// A source does not stay active until the time that the server's clock showed before it was set back.
#[test]
fn a_source_that_was_active_in_the_future_is_idle_until_its_next_event() {
    let database = Database::create();
    let mut pipeline = Pipeline::start(&database, database.client());
    let (first, second) = (pipeline.claim(STREAM, 0), pipeline.claim(STREAM, 1));
    pipeline.store(STREAM, 0, first, &at("10:00")).unwrap();
    pipeline.store(STREAM, 1, second, &at("08:00")).unwrap();
    pipeline
        .admin
        .batch_execute(
            "update ingest_offsets set active_at = now() + interval '1 year', updated_at = now() + interval '1 year'
             where partition = 1",
        )
        .unwrap();
    assert_eq!(
        pipeline.states(),
        ["kafka:c/t 0 active", "kafka:c/t 1 idle"]
    );
    assert_eq!(pipeline.watermark(), ("09:00".into(), holder(STREAM, 0)));
    pipeline.store(STREAM, 1, second, &at("08:00")).unwrap();
    assert_eq!(
        pipeline.states(),
        ["kafka:c/t 0 active", "kafka:c/t 1 active"]
    );
}

#[test]
fn a_rollup_notifies_once_if_it_changed_a_metric() {
    let database = Database::create();
    let mut listener = database.client();
    listener.batch_execute("listen musicstream").unwrap();
    let mut client = database.client();
    for (events, rollups) in [(0, 1), (1, 1), (50, 1), (50, 2)] {
        client
            .batch_execute(&format!(
                "insert into staging_events
                select gen_random_uuid(), 'u', type, 'region ' || n % 7, '2026-03-01T00:00:00Z'
                from generate_series(1, {events}) as n, unnest(array['play', 'stop']) as type"
            ))
            .unwrap();
        for _ in 0..rollups {
            client.execute("select musicstream_rollup()", &[]).unwrap();
        }
        // Notifications arrive in the order of their transactions.
        client.batch_execute("notify musicstream, 'end'").unwrap();
        let mut came = 0;
        let mut notifications = listener.notifications();
        let mut waiting = notifications.timeout_iter(Duration::from_secs(60));
        while waiting
            .next()
            .unwrap()
            .expect("a notification in time")
            .payload()
            != "end"
        {
            came += 1;
        }
        assert_eq!(came, i32::from(events > 0), "of {rollups} rollups");
    }
}
