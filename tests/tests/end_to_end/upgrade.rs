//! A database of an older version is updated: its objects become those of a fresh one, its data stay.

use postgres::Client;

use musicstream_tests::database::{Database, connect, project_sql, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};

const OLD: &str = "0.1.0";
pub(crate) const OLD_ROLES: &str = include_str!("upgrade/roles-0.1.0.sql");
const FILL: &str = include_str!("upgrade/fill-0.1.0.sql");
const CATALOGUE: &str = include_str!("upgrade/catalogue.sql");

fn update(client: &mut Client) {
    client
        .batch_execute("alter extension pg_musicstream update")
        .unwrap_or_else(|error| panic!("{error:?}"));
    client.batch_execute(&project_sql("roles.sql")).unwrap();
}

fn catalogue(client: &mut Client) -> Vec<String> {
    let rows = client.query(CATALOGUE, &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The minutes that wait for a rollup, before and after the update, which packs them.
const PENDING_BEFORE: &str = "select coalesce(array_agg(t::text order by t::text), '{}') from (
    select minute, event_type, region, sum(events), sum(late_events) from metric_deltas group by 1, 2, 3
) as t";
const PENDING_AFTER: &str = "select coalesce(array_agg(t::text order by t::text), '{}') from (
    select u.minute, d.event_type, d.region, sum(u.events), sum(u.late_events)
    from metric_deltas as d cross join lateral musicstream_unpack(d.hour, d.minutes) as u
    group by 1, 2, 3
) as t";

/// For each table whose columns stay, a query of those that it has now.
fn tables(client: &mut Client) -> Vec<(String, String)> {
    let sql =
        "select c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'S')
            and c.relname <> 'metric_deltas'
        group by c.oid";
    let rows = client.query(sql, &[]).unwrap();
    rows.iter()
        .map(|row| {
            let (table, columns): (String, String) = (row.get(0), row.get(1));
            let sql = format!(
                "select coalesce(array_agg(t::text order by t::text), '{{}}') from (select {columns} from {table}) as t"
            );
            (table, sql)
        })
        .collect()
}

fn data(client: &mut Client, tables: &[(String, String)]) -> Vec<(String, Vec<String>)> {
    tables
        .iter()
        .map(|(table, sql)| (table.clone(), value(client, sql, &[])))
        .collect()
}

#[test]
fn an_updated_database_is_a_fresh_one_with_its_data() {
    let fresh = Database::create();
    let old = Database::of_version(OLD, OLD_ROLES);
    let mut client = old.client();
    client.batch_execute(FILL).unwrap();
    let tables = tables(&mut client);
    let before = data(&mut client, &tables);
    let pending: Vec<String> = value(&mut client, PENDING_BEFORE, &[]);
    assert!(!pending.is_empty());
    assert!(
        before.iter().filter(|(_, rows)| !rows.is_empty()).count() > 11,
        "the old database has data: {before:?}"
    );

    update(&mut client);

    let (updated, expected) = (catalogue(&mut client), catalogue(&mut fresh.client()));
    let missing: Vec<_> = expected
        .iter()
        .filter(|line| !updated.contains(line))
        .collect();
    let surplus: Vec<_> = updated
        .iter()
        .filter(|line| !expected.contains(line))
        .collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "in a fresh database only: {missing:#?}; in the updated one only: {surplus:#?}"
    );
    assert!(
        expected.len() > 200,
        "the catalogue was read: {expected:#?}"
    );
    assert_eq!(
        data(&mut client, &tables),
        before,
        "the data are what they were"
    );
    assert_eq!(
        value::<Vec<String>>(&mut client, PENDING_AFTER, &[]),
        pending
    );
}

#[test]
fn an_updated_database_goes_on() {
    let old = Database::of_version(OLD, OLD_ROLES);
    let mut client = old.client();
    client.batch_execute(FILL).unwrap();
    for call in ["musicstream_rollup()", "musicstream_upsert()"] {
        let error = client
            .batch_execute(&format!("select {call}"))
            .expect_err("a library that is newer than the objects to refuse them");
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code().code(), "55000", "{error:?}");
        assert!(
            error.hint().unwrap_or_default().contains("ALTER EXTENSION"),
            "{error:?}"
        );
    }

    update(&mut client);
    let unpublishable: i64 = value(
        &mut client,
        "select count(*) from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
         where i.inhparent = 'raw_events'::regclass and c.relreplident <> 'f'",
        &[],
    );
    assert_eq!(
        unpublishable, 0,
        "leaves whose rows cannot be deleted while they are published"
    );
    assert_metrics_equal_raw(&mut client);
    // Few enough users for a sketch to know them one by one.
    let wrong: Vec<String> = value(
        &mut client,
        "select coalesce(array_agg(to_jsonb(d)::text), '{}') from (
            select day, region, listeners from live_daily_listeners
            except select (ts at time zone 'UTC')::date, region, count(distinct user_id) from raw_events group by 1, 2
        ) as d",
        &[],
    );
    assert!(
        wrong.is_empty(),
        "listeners of the days that were there: {wrong:?}"
    );
    assert_eq!(
        value::<i64>(&mut client, "select musicstream_listeners()", &[]),
        37
    );
    let withdrawn: String = value(
        &mut client,
        "select string_agg(event_type, ' ') from withdrawn_event_types",
        &[],
    );
    assert_eq!(
        withdrawn, "stop",
        "a type that was taken out stays out after a restore"
    );
    let rejected: String = value(
        &mut client,
        "select rejected || ' ' || rejected_by_reason::text from musicstream_status",
        &[],
    );
    assert_eq!(rejected, r#"3 {"invalid_json": 1, "missing_field": 2}"#);

    roll_up(&mut connect(&old.ingest_url()));
    assert_metrics_equal_raw(&mut client);
    let events: i64 = value(
        &mut client,
        "select sum(events)::bigint from daily_metrics",
        &[],
    );
    assert_eq!(events, 802, "what was in the inbox is counted, too");
}
