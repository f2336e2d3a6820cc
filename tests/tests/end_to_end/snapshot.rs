//! At every committed instant the metrics are exactly a count over the events.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use musicstream_tests::database::Database;
use musicstream_tests::oracle::{DIFFERENCES, assert_metrics_equal_raw};
use musicstream_tests::process::{Program, ingestor, program, run};

const COMPARISONS: usize = 3_000;
const SOON: Duration = Duration::from_secs(120);

/// Both sides of the promise by day, in one statement and so in one snapshot: what differs, and all that is counted.
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
    let (comparisons, totals) = std::thread::scope(|scope| {
        // Unwinding must not leave the others running.
        let _stop = StopOnDrop(&is_done);
        scope.spawn(|| {
            let mut client = database.client();
            while !is_done.load(Ordering::Relaxed) {
                client.execute("select musicstream_rollup()", &[]).unwrap();
            }
        });
        let mut client = database.client();
        let compare = client.prepare(COMPARE).unwrap();
        let mut comparisons = 0;
        let mut totals = BTreeSet::new();
        // Two loaders at a time: batches of one commit while the other's are open.
        for round in 0.. {
            let mut loaders =
                [0, 1].map(|number| start_loader(&database, folder.path(), round * 2 + number));
            while loaders.iter_mut().any(Program::is_running) {
                let row = client.query_one(&compare, &[]).unwrap();
                let (surplus, lack, total): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
                if (surplus, lack) != (0, 0) {
                    let now = client.query(DIFFERENCES, &[]).unwrap();
                    panic!(
                        "comparison {comparisons}: {surplus} groups counted otherwise, {lack} stored otherwise; now {now:?}"
                    );
                }
                comparisons += 1;
                totals.insert(total);
            }
            for loader in loaders {
                loader.finish(SOON).with_code(0);
            }
            if comparisons >= COMPARISONS {
                break;
            }
        }
        (comparisons, totals)
    });
    println!("{comparisons} comparisons saw {} states", totals.len());
    assert!(
        totals.len() > COMPARISONS / 10,
        "{comparisons} comparisons saw only {} states",
        totals.len()
    );
    assert_metrics_equal_raw(&mut database.client());
}

/// Starts a load of a new file, in batches so small that there are many.
fn start_loader(database: &Database, folder: &Path, seed: u64) -> Program {
    let file = folder.join(format!("{seed}.csv"));
    run(
        program("musicstream-ingestor")
            .args([
                "generate",
                "--count",
                "4000",
                "--duplicates",
                "5",
                "--seed",
                &seed.to_string(),
                "--to",
            ])
            .args(["--from", "2026-03-01", "--until", "2026-03-04"])
            .arg(&file),
        SOON,
    )
    .with_code(0);
    Program::start(
        ingestor(database)
            .args(["load", "--batch-rows", "10"])
            .arg(&file),
    )
}

struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
