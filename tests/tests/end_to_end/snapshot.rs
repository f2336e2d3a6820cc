//! At every committed instant the metrics equal a count over the events.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use musicstream_tests::database::Database;
use musicstream_tests::oracle::assert_metrics_equal_raw;
use musicstream_tests::process::{Program, ingestor, program, run};
use musicstream_tests::wait::SetOnDrop;

/// Comparisons of each kind, without `MUSICSTREAM_COMPARISONS`.
const COMPARISONS: usize = 2_000;
const TIMEOUT: Duration = Duration::from_secs(120);

/// The differences between metrics and events by day, and the total count, in one statement with one snapshot.
const COMPARE: &str = "
    with counted as (
        select day, event_type, region, events from live_daily_metrics
    ), stored as (
        select (ts at time zone 'UTC')::date as day, event_type, region, count(*) as events
        from raw_events
        group by 1, 2, 3
    )
    select
        (select count(*) from (table counted except all table stored) as surplus),
        (select count(*) from (table stored except all table counted) as lack),
        (select coalesce(sum(events), 0)::bigint from counted)";

#[test]
fn a_reader_never_sees_metrics_and_events_differ() {
    let database = Database::create();
    let folder = tempfile::tempdir().unwrap();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Stops the other thread if this one panics.
        let _stop = SetOnDrop(&is_done);
        scope.spawn(|| {
            let mut client = database.client();
            while !is_done.load(Ordering::Relaxed) {
                client.execute("select musicstream_rollup()", &[]).unwrap();
            }
        });
        // At first, batches create partitions in their transactions. Below REPEATABLE READ, Postgres plans a statement
        // before it takes the snapshot, so the plan may lack a partition whose events the snapshot contains. Once the
        // partitions exist, any isolation level is exact.
        let (mut files, begin) = (0.., "begin isolation level repeatable read read only");
        compare_while_loading(&database, begin, || {
            start_loader(&database, folder.path(), files.next().unwrap())
        });
        let (mut files, begin) = (1000.., "begin");
        compare_while_loading(&database, begin, || {
            start_loader(&database, folder.path(), files.next().unwrap())
        });
    });
    assert_metrics_equal_raw(&mut database.client());
}

/// Compares while two loads run, so that one commits while the other has an open batch.
fn compare_while_loading(
    database: &Database,
    begin: &str,
    mut start_loader: impl FnMut() -> Program,
) {
    let mut client = database.client();
    let compare = client.prepare(COMPARE).unwrap();
    let wanted = std::env::var("MUSICSTREAM_COMPARISONS")
        .map_or(COMPARISONS, |wanted| wanted.parse().unwrap());
    let mut comparisons = 0;
    let mut totals = BTreeSet::new();
    while comparisons < wanted {
        let mut loaders = [start_loader(), start_loader()];
        while loaders.iter_mut().any(Program::is_running) {
            client.batch_execute(begin).unwrap();
            let row = client.query_one(&compare, &[]).unwrap();
            client.batch_execute("commit").unwrap();
            let (surplus, lack, total): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
            assert_eq!(
                (surplus, lack),
                (0, 0),
                "comparison {comparisons} ({begin}): groups that differ between metrics and events"
            );
            comparisons += 1;
            totals.insert(total);
        }
        for loader in loaders {
            loader.finish(TIMEOUT).with_code(0);
        }
    }
    println!(
        "{begin}: {comparisons} comparisons saw {} states",
        totals.len()
    );
    assert!(
        totals.len() > wanted / 10,
        "{comparisons} comparisons saw only {} states",
        totals.len()
    );
}

/// Starts a load of a new file with small batches.
fn start_loader(database: &Database, folder: &Path, seed: u64) -> Program {
    let file = folder.join(format!("{seed}.csv"));
    run(
        program("musicstream-ingestor")
            .args([
                "generate",
                "--count",
                "2000",
                "--duplicates",
                "5",
                "--seed",
                &seed.to_string(),
            ])
            .args(["--from", "2026-03-01", "--until", "2026-03-04", "--to"])
            .arg(&file),
        TIMEOUT,
    )
    .with_code(0);
    Program::start(
        ingestor(database)
            .args(["load", "--batch-rows", "2"])
            .arg(&file),
    )
}
