//! Logical replication of the extension's tables while events are stored: nothing fails on the publisher, and the subscriber has
//! the same rows at the end.

use std::time::Duration;

use postgres::Client;

use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{Database, value};
use musicstream_tests::document::Page;
use musicstream_tests::oracle::assert_metrics_equal_raw;
use musicstream_tests::wait::until;
use musicstream_tests::writer::{DAY_EVERY, INBOX_FROM, Writer, assert_exact, put_into_inbox};

use crate::restore::restore;

const TIMEOUT: Duration = Duration::from_secs(180);

/// Number of rows and a hash of them, by table.
const CONTENTS: &str = "
    select c.relname || ' ' || x.summary
    from pg_class as c
    join pg_depend as d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    join pg_extension as e on d.refclassid = 'pg_extension'::regclass and e.oid = d.refobjid
    cross join lateral (
        select (xpath('/row/summary/text()', query_to_xml(
            format('select count(*) || '' '' || coalesce(md5(string_agg(t::text, '';'' order by t::text)), '''') as summary from %s as t', c.oid::regclass),
            false, true, ''
        )))[1]::text as summary
    ) as x
    where e.extname = 'pg_musicstream' and c.relkind in ('r', 'p')
    order by 1";

fn contents(client: &mut Client) -> Vec<String> {
    let rows = client.query(CONTENTS, &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Every table that has rows can be published.
#[test]
fn rows_of_every_table_can_be_published() {
    let database = Database::create();
    let mut client = database.client();
    Writer::claim(&database).unwrap().store(DAY_EVERY).unwrap();
    let unpublishable: Vec<String> = value(
        &mut client,
        "select coalesce(array_agg(c.oid::regclass::text), '{}')
         from pg_class as c
         where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'musicstream_internal'::regnamespace) and c.relreplident <> 'f'
            and not exists (select from pg_index as i where i.indrelid = c.oid and i.indisprimary)
            and c.relname not in ('staging_shape', 'rollup_lock', 'partition_lock', 'listening_lock')",
        &[],
    );
    assert!(
        unpublishable.is_empty(),
        "without primary key and replica identity: {unpublishable:?}"
    );
    let leaves: i64 = value(
        &mut client,
        "select count(*) from pg_inherits as h
         join pg_index as i on i.indrelid = h.inhrelid and i.indisprimary
         join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
         where h.inhparent = 'raw_events'::regclass and i.indnatts = 1 and a.attname = 'event_id'",
        &[],
    );
    let all: i64 = value(
        &mut client,
        "select count(*) from musicstream_leaves()",
        &[],
    );
    assert_eq!(leaves, all, "the primary key of a leaf is the event_id");
}

/// As docs/replication.md says: partitions are made on the subscriber, too; with leaves published by themselves the subscription
/// is refreshed as well.
fn make_leaves(publisher: &mut Client, subscriber: &mut Client, is_by_root: bool) {
    let days: Vec<String> = value(
        publisher,
        "select array_agg(day::text) from musicstream_leaves()",
        &[],
    );
    let made: i32 = value(
        subscriber,
        "select musicstream_make_partitions($1::text[]::date[])",
        &[&days],
    );
    if made > 0 && !is_by_root {
        subscriber
            .batch_execute("alter subscription everything refresh publication")
            .unwrap();
    }
}

/// The statement of docs/replication.md that creates the publication. In the page psql's `\gexec` runs it.
fn create_publication(publisher: &mut Client, is_by_root: bool) -> String {
    let code = Page::read("docs/replication.md").code_with("create publication");
    let (query, _) = code
        .split_once("\\gexec")
        .expect("a query whose result is the statement");
    let by_root = "publish_via_partition_root = true";
    assert!(query.contains(by_root), "{query}");
    let query = query.replace(
        by_root,
        &format!("publish_via_partition_root = {is_by_root}"),
    );
    value(publisher, &query, &[])
}

fn replicate(is_by_root: bool) {
    let source = Cluster::start("wal_level = logical");
    let target = Cluster::start("wal_retrieve_retry_interval = '100ms'");
    let database = Database::create_in(&source.url(), "");
    let mut publisher = database.client();
    let mut inbox = INBOX_FROM..INBOX_FROM;
    let mut writer = Writer::claim(&database).unwrap();
    let mut flow = |publisher: &mut Client| {
        writer.store(DAY_EVERY).unwrap();
        publisher
            .execute("select musicstream_rollup()", &[])
            .unwrap();
        put_into_inbox(publisher, inbox.end..inbox.end + 100).unwrap();
        inbox.end += 100;
        writer.store(DAY_EVERY).unwrap();
        (writer.next(), inbox.clone())
    };
    flow(&mut publisher);

    let dump = target.run(
        target
            .program("pg_dump")
            .args(["--create", "--schema-only"])
            .arg(database.url()),
    );
    let replica = restore(&database, &dump, &target);
    let mut subscriber = replica.client();
    // Like pg_cron's table of jobs: the subscriber may lack it, and must not run the publisher's jobs.
    publisher
        .batch_execute("create schema cron; create table cron.job (jobid int primary key)")
        .unwrap();
    let publication = create_publication(&mut publisher, is_by_root);
    publisher.batch_execute(&publication).unwrap();
    subscriber
        .batch_execute(&format!(
            "create subscription everything connection '{}' publication everything",
            database.url()
        ))
        .unwrap();

    // Changes during and after the initial copy.
    flow(&mut publisher);
    make_leaves(&mut publisher, &mut subscriber, is_by_root);
    until(TIMEOUT, "the tables to be copied", || {
        let waiting = "select count(*) from pg_subscription_rel where srsubstate <> 'r'";
        (value::<i64>(&mut subscriber, waiting, &[]) == 0).then_some(())
    });
    let (next, inbox) = flow(&mut publisher);
    publisher
        .execute("select musicstream_rollup()", &[])
        .unwrap();
    assert_exact(&database, Some(inbox));
    let erased: i64 = value(
        &mut publisher,
        "select musicstream_delete(array(select event_id from raw_events order by event_id limit 100))",
        &[],
    );
    assert_eq!(erased, 100);
    for call in [
        "insert into event_types values ('rewind')",
        "select musicstream_retry_rejected()",
        "select musicstream_forget_user((select min(user_id) from raw_events))",
        "select musicstream_rollup()",
    ] {
        publisher.batch_execute(call).unwrap();
    }
    let days: i64 = value(
        &mut publisher,
        "select (select count(*) from musicstream_leaves()) - $1",
        &[&value::<i64>(
            &mut subscriber,
            "select count(*) from musicstream_leaves()",
            &[],
        )],
    );
    assert!(days > 0, "new days were created meanwhile: {next} events");

    let expected = contents(&mut publisher);
    assert!(expected.len() > 12, "{expected:#?}");
    until(TIMEOUT, "the subscriber to have the same rows", || {
        make_leaves(&mut publisher, &mut subscriber, is_by_root);
        (contents(&mut subscriber) == expected).then_some(())
    });
    assert_metrics_equal_raw(&mut publisher);
    assert_metrics_equal_raw(&mut subscriber);
    subscriber
        .batch_execute("drop subscription everything")
        .unwrap();
}

#[test]
fn a_database_published_by_its_root_is_equal_on_the_subscriber() {
    replicate(true);
}

#[test]
fn a_database_published_by_partition_is_equal_on_the_subscriber() {
    replicate(false);
}
