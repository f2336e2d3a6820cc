//! At every committed instant the metrics equal a count over the events.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

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

/// What one round of comparisons saw.
#[derive(Default)]
struct Seen {
    comparisons: usize,
    /// Numbers of events that differ.
    states: usize,
}

#[test]
fn a_reader_never_sees_metrics_and_events_differ() {
    let wanted = std::env::var("MUSICSTREAM_COMPARISONS")
        .map_or(COMPARISONS, |wanted| wanted.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut seeds = 0..;
    // At first, batches create partitions in their transactions. Below REPEATABLE READ, Postgres plans a statement before it
    // takes the snapshot, so the plan may lack a partition whose events the snapshot contains. Once the partitions exist, any
    // isolation level is exact.
    let with_new_partitions = ("begin isolation level repeatable read read only", "");
    let with_partitions = (
        "begin",
        "select musicstream_make_partitions(array['2026-03-01', '2026-03-02', '2026-03-03']::date[])",
    );
    for (begin, prepare) in [with_new_partitions, with_partitions] {
        let mut seen = Seen::default();
        while seen.comparisons < wanted {
            let database = Database::without_coming_days();
            database.client().batch_execute(prepare).unwrap();
            let files = [(); 2].map(|()| generate(folder.path(), seeds.next().unwrap()));
            let round = compare_while_loading(&database, begin, &files);
            seen.comparisons += round.comparisons;
            seen.states += round.states;
            if seen.comparisons >= wanted {
                assert_metrics_equal_raw(&mut database.client());
            }
        }
        let Seen {
            comparisons,
            states,
        } = seen;
        println!("{begin}: {comparisons} comparisons saw {states} states");
        assert!(
            states > wanted / 10,
            "{comparisons} comparisons saw only {states} states"
        );
    }
}

/// Compares while metrics are rolled up and two loads run, so that one commits while the other has an open batch.
fn compare_while_loading(database: &Database, begin: &str, files: &[PathBuf; 2]) -> Seen {
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
        let mut client = database.client();
        let compare = client.prepare(COMPARE).unwrap();
        let mut comparisons = 0;
        let mut totals = BTreeSet::new();
        let mut loaders = files.each_ref().map(|file| {
            Program::start(
                ingestor(database)
                    .args(["load", "--batch-rows", "2"])
                    .arg(file),
            )
        });
        let deadline = Instant::now() + TIMEOUT;
        while loaders.iter_mut().any(Program::is_running) {
            assert!(
                Instant::now() < deadline,
                "waited {} s for the loads to end",
                TIMEOUT.as_secs()
            );
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
        Seen {
            comparisons,
            states: totals.len(),
        }
    })
}

/// Generates a file of few events, because each comparison counts all events of its database.
fn generate(folder: &Path, seed: u64) -> PathBuf {
    let file = folder.join(format!("{seed}.csv"));
    run(
        program("musicstream-ingestor")
            .args(["generate", "--count", "500", "--duplicates", "5"])
            .args(["--seed", &seed.to_string()])
            .args(["--from", "2026-03-01", "--until", "2026-03-04", "--to"])
            .arg(&file),
        TIMEOUT,
    )
    .with_code(0);
    file
}
