//! A pipeline without the ingestor: `COPY` by psql, and rollups by pg_cron.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use postgres::Client;

use musicstream_tests::cluster::Cluster;
use musicstream_tests::count::Counts;
use musicstream_tests::database::{Database, connect, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, counts_in};
use musicstream_tests::pipeline::rejected;
use musicstream_tests::process::Program;
use musicstream_tests::wait::until;

/// Time limit; pg_cron may wait for the next full minute.
const MINUTES: Duration = Duration::from_secs(300);

/// pg_cron's settings. Its runs are background workers, which need no password.
const CRON: &str = "shared_preload_libraries = 'pg_cron'\ncron.use_background_workers = on";

/// A pg_cron job.
struct Job {
    cron: Client,
    id: i64,
}

impl Job {
    /// Schedules a rollup every second, as far as this version of pg_cron supports that.
    fn rollup_in(database: &Database, cluster: &Cluster) -> Job {
        let mut cron = connect(&cluster.url());
        cron.batch_execute("create extension pg_cron").unwrap();
        let version: String = value(
            &mut cron,
            "select extversion from pg_extension where extname = 'pg_cron'",
            &[],
        );
        let version: Vec<u32> = version
            .split(['.', '-'])
            .map_while(|part| part.parse().ok())
            .collect();
        let (schedule, command) = if version >= vec![1, 5] {
            ("1 second", "select musicstream_rollup()")
        } else {
            // The shortest interval is a minute: each run takes almost as long, and rolls up every second.
            let command = "do $$ begin
                for run in 1..55 loop perform musicstream_rollup(); commit; perform pg_sleep(1); end loop;
            end $$";
            ("* * * * *", command)
        };
        let id = value(
            &mut cron,
            "select cron.schedule_in_database('rollup', $1, $2, $3)",
            &[&schedule, &command, &database.name()],
        );
        Job { cron, id }
    }

    /// pg_cron's records of the job's runs.
    fn runs(&mut self) -> Vec<(String, Option<String>)> {
        let sql = "select status, return_message from cron.job_run_details where jobid = $1 order by runid";
        let rows = self.cron.query(sql, &[&self.id]).unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

/// `COPY staging_events FROM STDIN` with psql, as the ingest role.
fn copy(database: &Database, rows: &str) {
    let mut command = Command::new("psql");
    command
        .args(["-X", "-v", "ON_ERROR_STOP=1", "-c"])
        .arg("copy staging_events (event_id, user_id, event_type, region, ts) from stdin with (format csv)")
        .arg(database.ingest_url())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut psql = command.spawn().expect("psql is installed");
    psql.stdin
        .take()
        .unwrap()
        .write_all(rows.as_bytes())
        .unwrap();
    let output = psql.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn copy_and_cron_are_a_full_pipeline() {
    let cluster = Cluster::start(CRON);
    let database = Database::create_in(&cluster.url(), "");
    let mut client = database.client();
    let mut job = Job::rollup_in(&database, &cluster);
    let row = |id: u32, event_type: &str, region: &str, ts: &str| {
        format!("{id:032x},u{id},{event_type},{region},{ts}\n")
    };

    let mut rows: String = (0..3000)
        .map(|id| row(id, "play", "eu", "2026-03-01 12:00:00"))
        .collect();
    rows += &(0..100)
        .map(|id| row(id, "play", "eu", "2026-03-01 12:00:00"))
        .collect::<String>(); // duplicates
    rows += &row(3000, "pause", "us", "2026-03-01T23:59:59.999999-01:00");
    rows += &row(0, "stop", "eu", "2026-03-01 12:00:00"); // a conflict
    rows += &row(3001, "teleport", "eu", "2026-03-01 12:00:00");
    rows += &row(3002, "play", "eu", "yesterday");
    rows += &row(3003, "play", "eu", "1999-01-01 00:00:00");
    rows += "not-a-uuid,u,play,eu,2026-03-01 12:00:00\n,,,,\n";
    copy(&database, &rows);
    let count = |day: &str, event_type: &str, region: &str, events| {
        (
            (day.to_owned(), event_type.to_owned(), region.to_owned()),
            events,
        )
    };
    let mut expected = Counts::from([
        count("2026-03-01", "play", "eu", 3000),
        count("2026-03-02", "pause", "us", 1),
    ]);
    wait_for_counts(&mut client, &expected, &mut job);
    let mut reasons: Vec<String> = rejected(&mut client)
        .into_iter()
        .map(|reject| reject.reason)
        .collect();
    reasons.sort();
    let all = [
        "conflicting_duplicate",
        "invalid_event_id",
        "invalid_ts",
        "missing_field",
        "too_old",
        "unknown_event_type",
    ];
    assert_eq!(reasons, all);
    let bytes = "select count(*) from rejected_events
        where source = 'staging_events' and convert_from(payload, 'UTF8')::json is not null";
    assert_eq!(
        value::<i64>(&mut client, bytes, &[]),
        6,
        "each reject is stored as JSON"
    );

    // A much newer event makes the earlier days final; later events of these days count as late.
    copy(&database, &row(4000, "play", "eu", "2026-03-09 12:00:00"));
    expected.extend([count("2026-03-09", "play", "eu", 1)]);
    wait_for_counts(&mut client, &expected, &mut job);
    copy(&database, &row(4001, "pause", "us", "2026-03-02 12:00:00"));
    expected.extend([count("2026-03-02", "pause", "us", 2)]);
    wait_for_counts(&mut client, &expected, &mut job);
    let late: i64 = value(
        &mut client,
        "select late_events from daily_metrics where day = '2026-03-02'",
        &[],
    );
    assert_eq!(late, 1);

    // Concurrent writers during rollups.
    let copies = 6;
    std::thread::scope(|scope| {
        for part in 0..copies {
            let rows: String = (0..500)
                .map(|id| {
                    row(
                        10_000 + part * 1000 + id,
                        "stop",
                        "apac",
                        "2026-03-08 00:00:00",
                    )
                })
                .collect();
            let database = &database;
            scope.spawn(move || copy(database, &rows));
        }
    });
    expected.extend([count("2026-03-08", "stop", "apac", i64::from(copies) * 500)]);
    wait_for_counts(&mut client, &expected, &mut job);
    assert_metrics_equal_raw(&mut client);
    assert_eq!(
        value::<i64>(&mut client, "select count(*) from staging_events", &[]),
        0,
        "the inbox is empty"
    );
}

/// Waits until the rolled-up metrics equal these counts.
fn wait_for_counts(client: &mut Client, expected: &Counts, job: &mut Job) {
    let mut found = Counts::new();
    let mut runs = Vec::new();
    let what = "pg_cron to roll up what psql has copied";
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        until(MINUTES, what, || {
            found = counts_in(client, "daily_metrics");
            runs = job.runs();
            // On a busy machine pg_cron may fail to start a run; the next one does its work.
            let has_failed = |run: &(String, Option<String>)| {
                run.0 == "failed" && run.1.as_deref().is_some_and(|said| said.contains("ERROR"))
            };
            assert!(!runs.iter().any(has_failed), "a run failed");
            (found == *expected).then_some(())
        });
    }));
    assert!(
        outcome.is_ok(),
        "{what}: found {found:?}, expected {expected:?}; runs of the job: {runs:?}"
    );
}

#[test]
fn programs_under_test_are_killed_with_their_test() {
    let program = Program::start(Command::new("cat").stdin(Stdio::piped()));
    let id = program.id();
    drop(program);
    assert!(
        !std::path::Path::new(&format!("/proc/{id}")).exists(),
        "process {id} is still running"
    );
}
