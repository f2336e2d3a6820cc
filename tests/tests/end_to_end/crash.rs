//! `kill -9` of a session, or an immediate stop of the server. After the recovery every number is exact.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use postgres::{Client, NoTls};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{Database, connect, process_of, value};
use musicstream_tests::progress::Progress;
use musicstream_tests::random::{seed, times};
use musicstream_tests::wait::{SetOnDrop, until};
use musicstream_tests::writer::{
    DAY_EVERY, INBOX_FROM, Writer, assert_exact, put_into_inbox, summary_of,
};

use crate::interrupt::{
    REBUILD_STEPS, ROLLUP_STEPS, SPOIL, UPSERT_STEPS, hold_of_batch, interrupt,
};

const TIMEOUT: Duration = Duration::from_secs(120);

/// Kills the session's process, or stops the server without a checkpoint and starts it again.
fn kill_session_or_server(cluster: &Cluster, process: i32, of_one_process: bool) {
    if of_one_process {
        cluster.kill(process);
    } else {
        cluster.crash();
        cluster.boot();
    }
}

#[test]
fn a_crash_at_any_step_rolls_back_and_a_repetition_is_exact() {
    let cluster = Cluster::start("");
    let database = Database::create_in(&cluster.url(), "");
    let mut writer = Writer::claim(&database).unwrap();
    writer.store(DAY_EVERY).unwrap();
    for (number, (name, hold)) in UPSERT_STEPS.into_iter().enumerate() {
        let hold = hold_of_batch(hold, &mut database.client(), writer.next());
        let process = writer.process();
        interrupt(
            &database,
            name,
            &hold,
            process,
            || writer.store(DAY_EVERY),
            |_| {
                kill_session_or_server(&cluster, process, number % 2 == 0);
            },
        );
        writer = Writer::claim(&database).unwrap();
        assert_eq!(
            writer.store(DAY_EVERY).unwrap(),
            summary_of(DAY_EVERY),
            "after {name}"
        );
    }
    let mut inbox = INBOX_FROM..INBOX_FROM;
    for (number, (name, hold)) in ROLLUP_STEPS.into_iter().enumerate() {
        writer.store(DAY_EVERY).unwrap();
        put_into_inbox(&mut writer.client, inbox.end..inbox.end + 200).unwrap();
        inbox.end += 200;
        let mut roller = connect(&database.ingest_url());
        let process = process_of(&mut roller);
        let work = || roller.execute("select musicstream_rollup()", &[]);
        interrupt(&database, name, hold, process, work, |_| {
            kill_session_or_server(&cluster, process, number % 2 == 0);
        });
        let mut roller = connect(&database.ingest_url());
        let staged: i64 = value(&mut roller, "select staged from musicstream_rollup()", &[]);
        assert_eq!(staged, 200, "after {name}");
        writer = Writer::claim(&database).unwrap();
    }
    for (number, (name, hold)) in REBUILD_STEPS.into_iter().enumerate() {
        writer.store(DAY_EVERY).unwrap();
        let mut mender = database.client();
        mender.batch_execute(SPOIL).unwrap();
        let process = process_of(&mut mender);
        let work = || mender.execute("select musicstream_rebuild()", &[]);
        interrupt(&database, name, hold, process, work, |_| {
            kill_session_or_server(&cluster, process, number % 2 == 0);
        });
        database
            .client()
            .execute("select musicstream_rebuild()", &[])
            .unwrap();
        writer = Writer::claim(&database).unwrap();
    }
    let batches = 1 + UPSERT_STEPS.len() + ROLLUP_STEPS.len() + REBUILD_STEPS.len();
    assert_eq!(
        assert_exact(&database, Some(inbox)),
        batches as i64 * DAY_EVERY
    );
}

#[test]
fn crashes_at_random_moments_leave_every_number_exact() {
    let seed = seed("MUSICSTREAM_CRASH_SEED");
    let crashes = times("MUSICSTREAM_CRASHES", 5);
    let mut steps = Progress::start("crashes", crashes);
    let mut random = StdRng::seed_from_u64(seed);
    let cluster = Cluster::start("");
    let database = Database::create_in(&cluster.url(), "");
    let is_done = AtomicBool::new(false);
    let done = || is_done.load(Ordering::Relaxed);
    let (inbox, progress) = std::thread::scope(|scope| {
        let _stop = SetOnDrop(&is_done);
        scope.spawn(|| {
            while !done() {
                let Ok(mut writer) = Writer::claim(&database) else {
                    continue;
                };
                while !done() && writer.store(200).is_ok() {}
            }
        });
        scope.spawn(|| {
            while !done() {
                let Ok(mut client) = Client::connect(&database.ingest_url(), NoTls) else {
                    continue;
                };
                while !done() && client.execute("select musicstream_rollup()", &[]).is_ok() {}
            }
        });
        let feeder = scope.spawn(|| {
            let mut inbox = INBOX_FROM..INBOX_FROM;
            while !done() {
                let Ok(mut client) = Client::connect(&database.inside_url(), NoTls) else {
                    continue;
                };
                // The last statement may be committed although its answer was lost.
                let Ok(is_in) = client.query_one(
                    "select exists (select from staging_events where event_id = md5($1::bigint::text)::uuid::text)
                        or exists (select from raw_events where event_id = md5($1::bigint::text)::uuid)",
                    &[&inbox.end],
                ) else {
                    continue;
                };
                if is_in.get(0) {
                    inbox.end += 100;
                }
                while !done() && put_into_inbox(&mut client, inbox.end..inbox.end + 100).is_ok() {
                    inbox.end += 100;
                }
            }
            inbox
        });
        let mut progress = Vec::new();
        for crash in 0..crashes {
            steps.done(crash);
            let mut admin = cluster.await_writable();
            drop(admin);
            admin = until(TIMEOUT, "the database to be available", || {
                Client::connect(&database.inside_url(), NoTls).ok()
            });
            // At least one batch is stored between two crashes.
            until(TIMEOUT, "another batch to be stored", || {
                let next: i64 = admin
                    .query_one(
                        "select coalesce(max(next_offset), 0) from ingest_offsets",
                        &[],
                    )
                    .unwrap()
                    .get(0);
                (next > progress.last().copied().unwrap_or_default()).then(|| progress.push(next))
            });
            // A random moment, not a wait for a condition.
            std::thread::sleep(Duration::from_micros(random.random_range(0..50_000)));
            let of_one_process = random.random_bool(0.6);
            let process = until(TIMEOUT, "a working session", || {
                admin
                    .query_opt(
                        "select pid from pg_stat_activity
                         where datname = current_database() and usename ~ '_ingest$' and state = 'active'
                         order by random() limit 1",
                        &[],
                    )
                    .unwrap()
                    .map(|row| row.get(0))
            });
            kill_session_or_server(&cluster, process, of_one_process);
            // The server must notice the death of the process first.
            until(TIMEOUT, "this session to end", || {
                admin.execute("select 1", &[]).is_err().then_some(())
            });
        }
        drop(cluster.await_writable());
        is_done.store(true, Ordering::Relaxed);
        (feeder.join().unwrap(), progress)
    });
    let mut admin = until(TIMEOUT, "the database to be available", || {
        Client::connect(&database.inside_url(), NoTls).ok()
    });
    // Rows that an interrupted rollup has left in the inbox.
    admin.execute("select musicstream_rollup()", &[]).unwrap();
    println!("the ledger at each crash: {progress:?}; through the inbox: {inbox:?}");
    assert!(assert_exact(&database, Some(inbox)) > 0);
}
