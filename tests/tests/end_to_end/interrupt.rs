//! Cancels or terminates a session at each step of upsert, rollup and corrections: everything is rolled back, and a repetition
//! is exact.
//!
//! Another session holds a lock that the step needs, so the interrupted session is at that step.

mod corrections;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use postgres::{Client, Error, NoTls};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::database::{Database, connect, process_of, value, waits_for};
use musicstream_tests::oracle::assert_metrics_equal_raw;
use musicstream_tests::progress::Progress;
use musicstream_tests::random::{seed, times};
use musicstream_tests::wait::{SetOnDrop, until};
use musicstream_tests::writer::{
    DAY_EVERY, INBOX_FROM, Writer, assert_exact, numbered, put_into_inbox, summary_of,
};

const TIMEOUT: Duration = Duration::from_secs(60);

/// A hash of all rows of all tables of the extension, and of its partitions.
pub(crate) const FINGERPRINT: &str = include_str!("interrupt/fingerprint.sql");

/// How a session is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interruption {
    Cancel,
    Terminate,
}

impl Interruption {
    fn send(self, admin: &mut Client, process: i32) {
        let function = match self {
            Interruption::Cancel => "pg_cancel_backend",
            Interruption::Terminate => "pg_terminate_backend",
        };
        admin
            .execute(&format!("select {function}($1::integer)"), &[&process])
            .unwrap();
    }

    fn code(self) -> &'static str {
        match self {
            Interruption::Cancel => "57014",
            Interruption::Terminate => "57P01",
        }
    }
}

/// Steps of an upsert, and statements that block each. `DAY` is the first day of the batch, which has a partition; `NUMBERED`
/// the query of the conflicting event.
pub(crate) const UPSERT_STEPS: [(&str, &str); 8] = [
    (
        "advance the ledger",
        "lock table ingest_offsets in share mode",
    ),
    (
        "read event types",
        "lock table event_types in access exclusive mode",
    ),
    ("store rejects", "lock table rejected_events in share mode"),
    (
        "create a partition",
        "lock table partition_lock in share update exclusive mode",
    ),
    (
        "attach a partition",
        "lock table raw_events in share update exclusive mode",
    ),
    (
        "insert into a partition",
        "lock table raw_events_DAY in share mode",
    ),
    ("append deltas", "lock table metric_deltas in share mode"),
    (
        // The row of rejected_events exists, but is not committed.
        "store a conflict",
        "with NUMBERED
        insert into rejected_events (source, partition, position, payload, reason)
        select 'test:numbered', 0, n, event_json(
            event_id::text, user_id, event_type, region,
            to_char(ts at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), null, null
        ), 'x'
        from numbered",
    ),
];

/// Steps of a rollup, and statements that block each.
pub(crate) const ROLLUP_STEPS: [(&str, &str); 8] = [
    (
        "wait for another rollup",
        "lock table rollup_lock in share update exclusive mode",
    ),
    ("read the inbox", "lock table staging_events in share mode"),
    ("store rejects", "lock table rejected_events in share mode"),
    ("append deltas", "lock table metric_deltas in share mode"),
    (
        "delete deltas",
        "delete from metric_deltas where ctid = (select max(ctid) from metric_deltas)",
    ),
    ("fold hours", "lock table minute_counts in share mode"),
    ("fold days", "lock table daily_metrics in share mode"),
    (
        "advance the watermark",
        "lock table rollup_state in share mode",
    ),
];

/// Steps of a rebuild, and statements that block each.
pub(crate) const REBUILD_STEPS: [(&str, &str); 7] = [
    (
        "wait for a rollup",
        "lock table rollup_lock in share update exclusive mode",
    ),
    (
        "count events",
        "lock table raw_events_20260102 in access exclusive mode",
    ),
    (
        "delete deltas",
        "delete from metric_deltas where ctid = (select max(ctid) from metric_deltas)",
    ),
    ("write hours", "lock table minute_counts in share mode"),
    ("write days", "lock table daily_metrics in share mode"),
    (
        "write listeners",
        "lock table daily_listeners in share mode",
    ),
    ("record a change", "lock table rollup_state in share mode"),
];

/// Damages metrics directly, in ways that a rebuild must repair.
pub(crate) const SPOIL: &str = "
    update daily_metrics set events = events + 7 where day = '2026-01-01';
    delete from minute_counts where event_type = 'pause' and hour < '2026-01-02';
    insert into minute_counts
    select '2026-01-02', 'play', 'nowhere', 3, 0, pack_minutes('2026-01-02 00:30', 3, 0);
    update metric_deltas set events = events + 1 where ctid = (select min(ctid) from metric_deltas)";

/// Runs `work` in a session while another one holds the lock `hold`, interrupts it once it waits, and checks that it fails and
/// changes nothing. Returns its error.
pub(crate) fn interrupt<T>(
    database: &Database,
    name: &str,
    hold: &str,
    process: i32,
    work: impl FnOnce() -> Result<T, Error> + Send,
    send: impl FnOnce(&mut Client),
) -> Error {
    let mut admin = database.client();
    let mut holder = database.client();
    let before: String = value(&mut admin, FINGERPRINT, &[]);
    let holder_process = process_of(&mut holder);
    holder
        .batch_execute(&format!("begin; {hold}"))
        .unwrap_or_else(|error| panic!("{hold}: {error:?}"));
    let error = std::thread::scope(|scope| {
        let worker = scope.spawn(move || work().map(drop));
        until(
            TIMEOUT,
            &format!("the session to reach the step {name:?}"),
            || {
                assert!(!worker.is_finished(), "{name}: the step was not reached");
                waits_for(&mut admin, process, holder_process).then_some(())
            },
        );
        send(&mut admin);
        let deadline = Instant::now() + TIMEOUT;
        while !worker.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5)); // the pause between two polls
        }
        drop(holder); // work that was not interrupted continues, and fails the test
        worker
            .join()
            .unwrap()
            .expect_err("the session is interrupted")
    });
    // A session ends asynchronously, and the server notices a killed process with a delay.
    // This session may have ended as well.
    let mut session = Some(admin);
    let after: String = until(TIMEOUT, "the work to end", || {
        let mut admin = match session.take() {
            Some(admin) => admin,
            None => Client::connect(&database.inside_url(), NoTls).ok()?,
        };
        let is_idle = "select not exists (
            select from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()
        )";
        if admin.query_one(is_idle, &[]).ok()?.get(0) {
            return Some(admin.query_one(FINGERPRINT, &[]).ok()?.get(0));
        }
        session = Some(admin);
        None
    });
    assert_eq!(before, after, "the step {name:?} has left changes");
    error
}

/// [`interrupt`], with a cancel or a termination.
fn interrupt_by<T>(
    interruption: Interruption,
    database: &Database,
    (name, hold): (&str, &str),
    process: i32,
    work: impl FnOnce() -> Result<T, Error> + Send,
) {
    let error = interrupt(database, name, hold, process, work, |admin| {
        interruption.send(admin, process);
    });
    let code = error.code().map(|code| code.code());
    // The driver may notice the closed connection before the server's last message.
    let is_gone = interruption == Interruption::Terminate && error.is_closed();
    assert!(
        is_gone || code == Some(interruption.code()),
        "{interruption:?} at the step {name:?}: {error:?}"
    );
}

/// The statement from [`UPSERT_STEPS`] for a batch that begins with the number `first`.
pub(crate) fn hold_of_batch(hold: &str, admin: &mut Client, first: i64) -> String {
    let day: String = value(
        admin,
        "select to_char(date '2026-01-01' + ($1::bigint / 1000)::int, 'YYYYMMDD')",
        &[&first],
    );
    hold.replace("DAY", &day)
        .replace("NUMBERED", &numbered(first + 13..first + 14))
}

#[test]
fn an_upsert_that_is_interrupted_at_any_step_leaves_nothing_and_can_be_repeated() {
    let database = Database::without_coming_days();
    let mut writer = Writer::claim(&database).unwrap();
    writer.store(DAY_EVERY).unwrap();
    for (name, hold) in UPSERT_STEPS {
        for interruption in [Interruption::Cancel, Interruption::Terminate] {
            if interruption == Interruption::Cancel {
                // A new session inserts optimistically, and fails: the cancel interrupts the optimistic insert, the
                // termination the insert after the look-up.
                writer = Writer::claim(&database).unwrap();
            }
            let first = writer.next();
            let hold = hold_of_batch(hold, &mut database.client(), first);
            let process = writer.process();
            interrupt_by(interruption, &database, (name, &hold), process, || {
                writer.store(DAY_EVERY)
            });
            if interruption == Interruption::Terminate {
                writer = Writer::claim(&database).unwrap();
            }
            assert_eq!(
                writer.next(),
                first,
                "the position of the ledger is unchanged"
            );
            assert_eq!(
                writer.store(DAY_EVERY).unwrap(),
                summary_of(DAY_EVERY),
                "after {name}"
            );
        }
    }
    let all = 1 + 2 * UPSERT_STEPS.len() as i64;
    assert_eq!(assert_exact(&database, None), all * DAY_EVERY);
}

/// A batch holds the lock on its ledger row, so only a batch without the ledger can be blocked where it records the newest event
/// time.
#[test]
fn an_upsert_that_is_interrupted_at_its_last_step_leaves_nothing() {
    let database = Database::without_coming_days();
    let mut writer = Writer::claim(&database).unwrap();
    writer.store(DAY_EVERY).unwrap();
    for interruption in [Interruption::Cancel, Interruption::Terminate] {
        let process = writer.process();
        let hold = "lock table ingest_offsets in share mode";
        interrupt_by(
            interruption,
            &database,
            ("record progress", hold),
            process,
            || writer.store_without_ledger(DAY_EVERY),
        );
    }
    let mut writer = Writer::claim(&database).unwrap();
    assert_eq!(writer.store(DAY_EVERY).unwrap(), summary_of(DAY_EVERY));
    assert_eq!(assert_exact(&database, None), 2 * DAY_EVERY);
}

#[test]
fn a_rollup_that_is_interrupted_at_any_step_leaves_nothing_and_can_be_repeated() {
    let database = Database::create();
    let mut writer = Writer::claim(&database).unwrap();
    let mut inbox: Range<i64> = INBOX_FROM..INBOX_FROM;
    let mut roller = connect(&database.ingest_url());
    for (name, hold) in ROLLUP_STEPS {
        for interruption in [Interruption::Cancel, Interruption::Terminate] {
            // Pending deltas, and rows in the inbox.
            writer.store(200).unwrap();
            put_into_inbox(&mut writer.client, inbox.end..inbox.end + 200).unwrap();
            inbox.end += 200;
            let process = process_of(&mut roller);
            interrupt_by(interruption, &database, (name, hold), process, || {
                roller.execute("select musicstream_rollup()", &[])
            });
            if interruption == Interruption::Terminate {
                roller = connect(&database.ingest_url());
            }
            let staged: i64 = value(&mut roller, "select staged from musicstream_rollup()", &[]);
            assert_eq!(staged, 200, "after {name}");
        }
    }
    // A rollup creates the partition of tomorrow if it is missing.
    let mut admin = database.client();
    for interruption in [Interruption::Cancel, Interruption::Terminate] {
        admin
            .batch_execute(
                "do $$ begin execute format('drop table raw_events_%s',
                    to_char((now() at time zone 'UTC')::date + 1, 'YYYYMMDD')); end $$",
            )
            .unwrap();
        let process = process_of(&mut roller);
        let hold = "lock table raw_events in share update exclusive mode";
        interrupt_by(
            interruption,
            &database,
            ("create tomorrow's partition", hold),
            process,
            || roller.execute("select musicstream_rollup()", &[]),
        );
        if interruption == Interruption::Terminate {
            roller = connect(&database.ingest_url());
        }
        roller.execute("select musicstream_rollup()", &[]).unwrap();
    }
    let stored = 2 * ROLLUP_STEPS.len() as i64 * 200;
    assert_eq!(assert_exact(&database, Some(inbox)), stored);
}

#[test]
fn a_rebuild_that_is_interrupted_at_any_step_leaves_nothing_and_can_be_repeated() {
    let database = Database::without_coming_days();
    let mut admin = database.client();
    let mut writer = Writer::claim(&database).unwrap();
    writer.store(DAY_EVERY).unwrap();
    admin.execute("select musicstream_rollup()", &[]).unwrap();
    writer.store(DAY_EVERY).unwrap();
    let mut mender = database.client();
    for (name, hold) in REBUILD_STEPS {
        for interruption in [Interruption::Cancel, Interruption::Terminate] {
            admin.batch_execute(SPOIL).unwrap();
            let process = process_of(&mut mender);
            interrupt_by(interruption, &database, (name, hold), process, || {
                mender.execute("select musicstream_rebuild()", &[])
            });
            if interruption == Interruption::Terminate {
                mender = database.client();
            }
            mender.execute("select musicstream_rebuild()", &[]).unwrap();
            assert_metrics_equal_raw(&mut admin);
            writer.store(DAY_EVERY).unwrap();
        }
    }
    let batches = 2 + 2 * REBUILD_STEPS.len() as i64;
    assert_eq!(assert_exact(&database, None), batches * DAY_EVERY);
}

/// Writers for the ledger and the inbox, interrupted at random moments.
#[test]
fn interruptions_at_random_moments_leave_every_number_exact() {
    let seed = seed("MUSICSTREAM_INTERRUPT_SEED");
    let interruptions = times("MUSICSTREAM_INTERRUPTIONS", 60);
    let mut progress = Progress::start("interruptions", interruptions);
    let mut random = StdRng::seed_from_u64(seed);
    let database = Database::without_coming_days();
    let mut admin = database.client();
    let is_done = AtomicBool::new(false);
    let done = || is_done.load(Ordering::Relaxed);
    let mut inbox = INBOX_FROM..INBOX_FROM;
    let mut hits = 0;
    std::thread::scope(|scope| {
        let _stop = SetOnDrop(&is_done);
        scope.spawn(|| {
            while !done() {
                let Ok(mut writer) = Writer::claim(&database) else {
                    continue;
                };
                while !done() && writer.store(200).is_ok() {}
            }
        });
        let feeder = scope.spawn(|| {
            let mut inbox = INBOX_FROM..INBOX_FROM;
            let mut client = connect(&database.inside_url());
            while !done() {
                // This session is never interrupted, so its statements are known to be committed.
                put_into_inbox(&mut client, inbox.end..inbox.end + 100).unwrap();
                inbox.end += 100;
                let Ok(mut roller) = Client::connect(&database.ingest_url(), NoTls) else {
                    continue;
                };
                while !done() && roller.execute("select musicstream_rollup()", &[]).is_ok() {
                    put_into_inbox(&mut client, inbox.end..inbox.end + 100).unwrap();
                    inbox.end += 100;
                }
            }
            inbox
        });
        let mut longest_us = 150_000;
        let mut is_stored = false;
        let mut last_hit = Instant::now();
        while hits < interruptions || !is_stored {
            // A random moment, not a wait for a condition.
            std::thread::sleep(Duration::from_micros(random.random_range(0..longest_us)));
            if !is_stored {
                // On a busy machine a batch may take longer than this limit, and every batch would be interrupted.
                longest_us += longest_us / 50;
                let sql = "select exists (select from ingest_offsets where next_offset > 0)";
                is_stored = value(&mut admin, sql, &[]);
            }
            let function = if random.random_bool(0.5) {
                "pg_cancel_backend"
            } else {
                "pg_terminate_backend"
            };
            let hit: i64 = value(
                &mut admin,
                &format!(
                    "select count(*) filter (where {function}(pid)) from (
                        select pid from pg_stat_activity
                        where datname = current_database() and usename ~ '_ingest$' and state = 'active'
                            and query ~ '(upsert|rollup)'
                        order by random() limit 1
                    ) as victim"
                ),
                &[],
            );
            hits += hit as u64;
            if hit > 0 {
                last_hit = Instant::now();
            }
            assert!(
                last_hit.elapsed() < TIMEOUT,
                "waited {} s for a session to interrupt",
                TIMEOUT.as_secs()
            );
            assert!(
                longest_us < 10_000_000,
                "no batch was stored between interruptions"
            );
            progress.done(hits);
        }
        is_done.store(true, Ordering::Relaxed);
        inbox = feeder.join().unwrap();
    });
    // Rows that an interrupted rollup has left in the inbox.
    admin.execute("select musicstream_rollup()", &[]).unwrap();
    let stored = assert_exact(&database, Some(inbox.clone()));
    println!(
        "{hits} interruptions; {stored} events through the ledger, {} through the inbox",
        inbox.end - inbox.start
    );
    assert!(
        stored > 0 && !inbox.is_empty(),
        "no batch was stored between interruptions"
    );
}
