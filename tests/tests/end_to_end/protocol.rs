//! The SQL protocol for storing batches: fencing, refused calls, privileges.

use postgres::Client;
use postgres::error::SqlState;

use musicstream_tests::database::{Database, connect, value};
use musicstream_tests::oracle::assert_metrics_equal_raw;
use musicstream_tests::stored::event_count;

const SOURCE: &str = "kafka:test/topic";

fn claim(client: &mut Client, owner: &str) -> (Option<i64>, i64) {
    let row = client
        .query_one(
            "select next_offset, epoch from musicstream_claim($1, 0, $2)",
            &[&SOURCE, &owner],
        )
        .unwrap();
    (row.get(0), row.get(1))
}

/// Stores a batch of `rows` new events, numbered from the offset, in one transaction.
fn store(
    client: &mut Client,
    from: Option<i64>,
    rows: i64,
    epoch: i64,
) -> Result<(), postgres::Error> {
    let first = from.unwrap_or_default();
    let mut transaction = client.transaction()?;
    transaction.execute(
        "select musicstream_advance($1, 0, $2, $3, $4)",
        &[&SOURCE, &from, &(first + rows), &epoch],
    )?;
    transaction.execute(
        "insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
         select 0, n, lpad(to_hex(n), 32, '0')::uuid, 'u', 'play', 'eu', timestamptz '2026-03-01T00:00:00Z'
         from generate_series($1::bigint, $2) as n",
        &[&first, &(first + rows - 1)],
    )?;
    transaction.execute("select * from musicstream_upsert_batch($1)", &[&SOURCE])?;
    transaction.commit()
}

fn code(result: Result<impl Sized, postgres::Error>) -> String {
    let error = result.err().expect("the database refuses this");
    error
        .code()
        .map(SqlState::code)
        .unwrap_or_default()
        .to_owned()
}

#[test]
pub(crate) fn only_the_owner_at_the_current_offset_can_store() {
    let database = Database::create();
    let mut admin = database.client();
    let mut first = connect(&database.ingest_url());
    let mut second = connect(&database.ingest_url());
    for client in [&mut first, &mut second] {
        client
            .execute("select musicstream_session_staging()", &[])
            .unwrap();
    }

    assert_eq!(
        code(store(&mut first, None, 10, 1)),
        "MS001",
        "without a claim"
    );
    assert_eq!(claim(&mut first, "first"), (None, 1));
    store(&mut first, None, 10, 1).unwrap();
    assert_eq!(
        code(store(&mut first, None, 10, 1)),
        "MS001",
        "already stored"
    );
    assert_eq!(
        code(store(&mut first, Some(5), 10, 1)),
        "MS001",
        "half of it already stored"
    );
    assert_eq!(code(store(&mut first, Some(20), 10, 1)), "MS001", "a hole");
    store(&mut first, Some(10), 10, 1).unwrap();
    assert_eq!(event_count(&mut admin), 20);

    assert_eq!(claim(&mut second, "second"), (Some(20), 2));
    assert_eq!(
        code(store(&mut first, Some(20), 10, 1)),
        "MS001",
        "a former owner"
    );
    assert_eq!(event_count(&mut admin), 20, "refused batches leave nothing");
    store(&mut second, Some(20), 10, 2).unwrap();
    assert_eq!(
        code(store(&mut second, Some(20), 10, 2)),
        "MS001",
        "a batch twice"
    );
    assert_eq!(
        code(store(&mut second, Some(30), -1, 2)),
        "22023",
        "backwards"
    );
    assert_eq!(event_count(&mut admin), 30);
    assert_metrics_equal_raw(&mut admin);
}

#[test]
fn a_refused_advance_names_the_partition_and_its_owner() {
    let database = Database::create();
    let mut client = connect(&database.ingest_url());
    let refused = |client: &mut Client, from: Option<i64>, to: i64| {
        let error = client
            .execute(
                "select musicstream_advance($1, 0, $2, $3, 9)",
                &[&SOURCE, &from, &to],
            )
            .expect_err("the advance is refused");
        let error = error.as_db_error().unwrap();
        assert!(error.hint().is_some(), "{error:?}");
        let detail = error.detail().unwrap_or_default().to_owned();
        (error.message().to_owned(), detail)
    };
    let (backwards, _) = refused(&mut client, Some(5), 4);
    assert_eq!(
        backwards,
        "cannot advance partition 0 of source \"kafka:test/topic\" from offset 5 to offset 4"
    );
    let never = "The partition was never claimed.";
    assert_eq!(refused(&mut client, None, 4).1, never);
    // As a batch without musicstream_advance() leaves it.
    database
        .client()
        .execute(
            "insert into ingest_offsets (source, partition, max_event_ts) values ($1, 0, now())",
            &[&SOURCE],
        )
        .unwrap();
    assert_eq!(refused(&mut client, None, 4).1, never);
    assert_eq!(claim(&mut client, "first"), (None, 1));
    assert_eq!(
        refused(&mut client, None, 4).1,
        "It is at offset none under epoch 1, owned by \"first\"."
    );
    client
        .execute("select musicstream_release($1, 0, 1)", &[&SOURCE])
        .unwrap();
    assert_eq!(
        refused(&mut client, None, 4).1,
        "It is at offset none under epoch 2, without an owner."
    );
}

#[test]
fn an_advance_without_a_source_identity_keeps_the_topic_id() {
    let database = Database::create();
    let mut client = connect(&database.ingest_url());
    let (_, epoch) = claim(&mut client, "first");
    let mut advance = |from: Option<i64>, to: i64, identity: Option<&[u8]>| {
        client
            .execute(
                "select musicstream_advance($1, 0, $2, $3, $4, $5)",
                &[&SOURCE, &from, &to, &epoch, &identity],
            )
            .unwrap();
        value::<Option<Vec<u8>>>(
            &mut client,
            "select source_identity from ingest_offsets",
            &[],
        )
    };
    assert_eq!(advance(None, 5, None), None);
    assert_eq!(advance(Some(5), 6, Some(b"id")), Some(b"id".to_vec()));
    assert_eq!(advance(Some(6), 7, None), Some(b"id".to_vec()));
    assert_eq!(advance(Some(7), 8, Some(b"other")), Some(b"other".to_vec()));
}

#[test]
pub(crate) fn a_claim_waits_for_an_open_batch() {
    let database = Database::create();
    let mut first = connect(&database.ingest_url());
    assert_eq!(claim(&mut first, "first"), (None, 1));
    let mut batch = first.transaction().unwrap();
    batch
        .execute("select musicstream_advance($1, 0, null, 7, 1)", &[&SOURCE])
        .unwrap();
    let url = database.ingest_url();
    let second = std::thread::spawn(move || claim(&mut connect(&url), "second"));
    let mut admin = database.client();
    musicstream_tests::wait::until(
        std::time::Duration::from_secs(20),
        "the claim to wait for the batch",
        || {
            let waiting = "select exists (
            select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        )";
            value::<bool>(&mut admin, waiting, &[]).then_some(())
        },
    );
    batch.commit().unwrap();
    assert_eq!(
        second.join().unwrap(),
        (Some(7), 2),
        "the claim returns the end of the batch"
    );
}

#[test]
fn isolation_above_read_committed_is_refused() {
    let database = Database::create();
    let mut client = connect(&database.ingest_url());
    client
        .execute("select musicstream_session_staging()", &[])
        .unwrap();
    for isolation in ["repeatable read", "serializable"] {
        for call in [
            "musicstream_upsert_batch('kafka:test/topic')",
            "musicstream_upsert()",
            "musicstream_rollup()",
        ] {
            let sql = format!("begin isolation level {isolation}; select {call}");
            let error = client.batch_execute(&sql).expect_err("the call is refused");
            client.batch_execute("rollback").unwrap();
            let message = error
                .as_db_error()
                .map(|error| error.message().to_lowercase())
                .unwrap_or_default();
            assert!(
                message.contains("read committed") || message.contains("isolation"),
                "{sql}: {error:?}"
            );
        }
    }
    client.execute("select musicstream_rollup()", &[]).unwrap();
}

#[test]
fn the_ingest_role_cannot_change_stored_data_and_the_read_role_cannot_write() {
    let database = Database::create();
    let mut ingest = connect(&database.ingest_url());
    ingest
        .execute("select musicstream_session_staging()", &[])
        .unwrap();
    let (_, epoch) = claim(&mut ingest, "ingest");
    store(&mut ingest, None, 3, epoch).unwrap();
    let mut read = connect(&database.read_url());
    for statement in [
        "insert into raw_events select * from raw_events",
        "update raw_events set region = 'mars'",
        "delete from musicstream_internal.raw_events_20260301",
        "truncate musicstream_internal.metric_deltas",
        "insert into musicstream_internal.metric_deltas values (now(), 'play', 'eu', 1, 0, '')",
        "update daily_metrics set events = 0",
        "delete from rejected_events",
        "update ingest_offsets set next_offset = 0",
        "delete from staging_events",
        "insert into event_types values ('teleport')",
        "drop table musicstream_internal.raw_events_20260301",
        "create trigger t before insert on pg_temp.staging_batch execute function suppress_redundant_updates_trigger()",
        "alter table pg_temp.staging_batch add column more text",
    ] {
        assert_eq!(
            code(ingest.batch_execute(statement)),
            "42501",
            "ingest: {statement}"
        );
    }
    for statement in [
        "insert into staging_events (event_id) values ('x')",
        "select musicstream_rollup()",
        "select musicstream_upsert()",
        "select musicstream_claim('kafka:test/topic', 0, 'reader')",
        "select count(*) from raw_events",
        "delete from rejected_events",
    ] {
        assert_eq!(
            code(read.batch_execute(statement)),
            "42501",
            "read: {statement}"
        );
    }
    let seen: i64 = value(
        &mut read,
        "select sum(events)::bigint from live_daily_metrics",
        &[],
    );
    assert_eq!(seen, 3, "the read role sees the metrics");
    assert_metrics_equal_raw(&mut database.client());
}

#[test]
fn a_table_of_the_caller_is_not_used_as_the_staging_table() {
    let database = Database::create();
    let mut client = connect(&database.ingest_url());
    client
        .batch_execute(
            "create temporary table staging_batch (partition int, position bigint, event_id uuid)",
        )
        .unwrap();
    let refused = "55000"; // object_not_in_prerequisite_state
    assert_eq!(
        code(client.execute("select musicstream_session_staging()", &[])),
        refused
    );
    assert_eq!(
        code(client.execute("select musicstream_upsert_batch('kafka:test/topic')", &[])),
        refused
    );
    client
        .batch_execute(
            "create temporary table staging_inbox (event_id uuid);
             insert into staging_events (event_id) values ('x')",
        )
        .unwrap();
    let error = client
        .execute("select musicstream_upsert()", &[])
        .expect_err("the table of the inbox is the caller's");
    let error = error.as_db_error().unwrap();
    assert_eq!(
        error.message(),
        "pg_temp.staging_inbox is not a table that pg_musicstream created"
    );
    assert!(error.hint().unwrap().starts_with("Drop the object"));
}

/// A long region that Postgres stores compressed must be validated in its uncompressed form.
#[test]
fn a_compressed_region_is_validated_uncompressed() {
    let database = Database::create();
    let mut client = connect(&database.ingest_url());
    client
        .batch_execute(
            "begin;
             select musicstream_session_staging();
             insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
             values (0, 0, lpad('1', 32, '0')::uuid, 'u', 'play', repeat('ab', 5000), '2026-03-01T00:00:00Z');
             select musicstream_upsert_batch('test:compressed');
             commit",
        )
        .unwrap();
    assert_metrics_equal_raw(&mut database.client());
    let kept = "select reason || ': ' || detail from rejected_events
        where payload = convert_to(format('{\"event_id\":\"00000000-0000-0000-0000-000000000001\",\"user_id\":\"u\",\"event_type\":\"play\",\"region\":\"%s\",\"ts\":\"2026-03-01T00:00:00.000000Z\"}', repeat('ab', 5000)), 'utf8')";
    assert_eq!(
        value::<String>(&mut database.client(), kept, &[]),
        "invalid_region: region has 10000 bytes, more than 64"
    );
}

/// A writer may give neither partition nor position; each of its rejects is stored.
#[test]
fn rejects_without_partition_and_position_are_kept() {
    let database = Database::create();
    let mut client = connect(&database.ingest_url());
    client
        .batch_execute("select musicstream_session_staging()")
        .unwrap();
    let rows = "('1', 'play', 'eu', '2026-03-01T12:00:00Z'), ('1', 'stop', 'eu', '2026-03-01T12:00:00Z'),
        ('2', 'teleport', 'eu', '2026-03-01T12:00:00Z'), ('2', 'teleport', 'eu', '2026-03-01T12:00:00Z'),
        ('3', 'play', 'eu', '2026-03-01T23:59:59Z')";
    let later = "('3', 'play', 'eu', '2026-03-02T00:00:01Z')";
    for (rows, outcome) in [(rows, (5, 2, 1, 2)), (later, (1, 0, 1, 0))] {
        let mut batch = client.transaction().unwrap();
        batch
            .batch_execute(&format!(
                "insert into pg_temp.staging_batch (event_id, user_id, event_type, region, ts)
                 select lpad(number, 32, '0')::uuid, 'u', event_type, region, ts::timestamptz
                 from (values {rows}) as v (number, event_type, region, ts)"
            ))
            .unwrap();
        let row = batch
            .query_one(
                "select staged, inserted, conflicting, rejected from musicstream_upsert_batch('test:nameless')",
                &[],
            )
            .unwrap();
        let found: (i64, i64, i64, i64) = (row.get(0), row.get(1), row.get(2), row.get(3));
        assert_eq!(found, outcome);
        batch.commit().unwrap();
    }
    let mut admin = database.client();
    assert_metrics_equal_raw(&mut admin);
    let kept = "select string_agg(reason || ' ' || partition || (position < 0)::text, ', ' order by reason) from rejected_events";
    assert_eq!(
        value::<String>(&mut admin, kept, &[]),
        "conflicting_duplicate 0true, conflicting_duplicate 0true, unknown_event_type 0true, unknown_event_type 0true"
    );
}

/// Client libraries may set a savepoint before each statement; rows written after it have the subtransaction's id.
#[test]
pub(crate) fn bytes_are_kept_under_a_savepoint() {
    let database = Database::create();
    let mut client = connect(&database.ingest_url());
    client
        .batch_execute(
            "select musicstream_session_staging();
             begin;
             savepoint first;
             insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
             values (0, 1, gen_random_uuid(), 'u', 'teleport', 'eu', '2026-03-01T12:00:00Z');
             select musicstream_upsert_batch('test:savepoint');
             release savepoint first;
             savepoint second",
        )
        .unwrap();
    let keep = |position: i32| {
        format!(
            "select musicstream_set_rejected_bytes('test:savepoint', array[0], array[{position}::bigint], array['k'::bytea], array['as it came'::bytea])"
        )
    };
    assert_eq!(value::<i64>(&mut client, &keep(1), &[]), 1);
    client.batch_execute("commit").unwrap();
    // Rows of another transaction, and of a rolled-back subtransaction.
    assert_eq!(value::<i64>(&mut client, &keep(1), &[]), 0);
    let mut admin = database.client();
    let kept = "select convert_from(payload, 'utf8') from rejected_events";
    assert_eq!(value::<String>(&mut admin, kept, &[]), "as it came");
}
