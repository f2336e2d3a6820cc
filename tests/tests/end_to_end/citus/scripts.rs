//! `sql/citus.sql` and `sql/citus-undo.sql` on a database in use, and an additional worker.

use musicstream_tests::citus::Citus;
use musicstream_tests::database::{Database, project_sql, value};
use musicstream_tests::oracle::roll_up;
use musicstream_tests::writer::{DAY_EVERY, Writer, assert_exact, summary_of};

/// Number of shards of the events.
const SHARDS: &str = "select count(*) from pg_dist_shard as s where s.logicalrelid in (
    select 'raw_events'::regclass union all select leaf from musicstream_leaves())";

#[test]
fn a_database_in_use_is_distributed_and_undistributed() {
    let Some(citus) =
        Citus::start("citus::scripts::a_database_in_use_is_distributed_and_undistributed")
    else {
        return;
    };
    let database = citus.database();
    let mut client = database.client();
    let described = "select string_agg(concat_ws(' ', c.relname, c.relreplident, d.objsubid, d.description), E'\\n' order by 1)
        from pg_class as c left join pg_description as d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass
        where c.relname = 'raw_events' and c.relnamespace = 'public'::regnamespace";
    let before: String = value(&mut client, described, &[]);
    let store = |database: &Database| {
        let mut writer = Writer::claim(database).unwrap();
        assert_eq!(writer.store(DAY_EVERY).unwrap(), summary_of(DAY_EVERY));
        assert_exact(database, None);
    };
    store(&database);
    assert!(
        value::<i64>(&mut client, SHARDS, &[]) > 8,
        "partitions are distributed as well"
    );
    // A repeated script changes nothing. All stored data survives each direction.
    for script in ["citus.sql", "citus-undo.sql", "citus-undo.sql", "citus.sql"] {
        client
            .batch_execute(&project_sql(script))
            .unwrap_or_else(|error| panic!("{script}: {error:?}"));
        let is_distributed: bool = value(
            &mut client,
            "select exists (select from pg_dist_partition where logicalrelid = 'raw_events'::regclass)",
            &[],
        );
        assert_eq!(is_distributed, script == "citus.sql", "after {script}");
        assert_eq!(
            value::<String>(&mut client, described, &[]),
            before,
            "after {script}"
        );
        store(&database);
        client
            .batch_execute("select musicstream_rebuild()")
            .unwrap();
        assert_exact(&database, None);
    }
}

#[test]
fn an_added_worker_receives_shards() {
    let Some(mut citus) = Citus::start("citus::scripts::an_added_worker_receives_shards") else {
        return;
    };
    let database = citus.database();
    let mut client = database.client();
    let mut writer = Writer::claim(&database).unwrap();
    writer.store(DAY_EVERY).unwrap();
    roll_up(&mut client);
    citus.add_worker(&database);
    // The script must run again to set owner and privileges on the added worker.
    client.batch_execute(&project_sql("citus.sql")).unwrap();
    client
        .batch_execute("select citus_rebalance_start(shard_transfer_mode => 'block_writes')")
        .unwrap();
    client
        .batch_execute("select citus_rebalance_wait()")
        .unwrap();
    let nodes: i64 = value(
        &mut client,
        "select count(distinct p.groupid) from pg_dist_placement as p join pg_dist_shard using (shardid)
         where logicalrelid = 'raw_events'::regclass",
        &[],
    );
    assert_eq!(nodes, 3, "nodes with shards");
    assert_eq!(writer.store(DAY_EVERY).unwrap(), summary_of(DAY_EVERY));
    assert_eq!(assert_exact(&database, None), 2 * DAY_EVERY);
}
