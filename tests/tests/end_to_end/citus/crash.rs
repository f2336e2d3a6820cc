//! `kill -9` of the coordinator and of each worker at every step of a two-phase commit: the stored events agree with the
//! ledger.
//!
//! At each step the commit waits for a lock of another session, so it is at that step when the server is killed.

use std::time::Duration;

use postgres::Client;

use musicstream_tests::citus::{Citus, prepared};
use musicstream_tests::cluster::{Cluster, Suspended};
use musicstream_tests::database::{Database, process_of, value};
use musicstream_tests::oracle::roll_up;
use musicstream_tests::wait::until;
use musicstream_tests::writer::{Writer, assert_exact, summary_of};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Events of a batch: few enough for all batches to be of three days, enough for both workers to have some.
const BATCH: i64 = 40;

/// A step of the commit of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The workers have the events in open transactions.
    Inserted,
    /// The first worker is prepared, the second is preparing.
    OnePrepared,
    /// Both workers are prepared, the coordinator has not committed.
    AllPrepared,
    /// The coordinator has written its commit record, and has not sent it to the workers.
    Decided,
    /// The first worker has committed, the second has not.
    OneCommitted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Coordinator,
    FirstWorker,
    SecondWorker,
}

const STEPS: [Step; 5] = [
    Step::Inserted,
    Step::OnePrepared,
    Step::AllPrepared,
    Step::Decided,
    Step::OneCommitted,
];

/// The session and locks that stop a commit at its step.
struct Hold {
    session: Client,
    frozen: Option<Suspended>,
}

const HOLD_BACK: &str = "
    create function hold_back() returns trigger language plpgsql as $$
    begin
        perform pg_advisory_xact_lock_shared(1);
        return null;
    end
    $$";

/// Makes a worker take an advisory lock when it prepares a batch, with a deferred trigger.
fn add_lock_at_prepare(database: &Database, worker: &Cluster) {
    let mut client = on(worker, database);
    client
        .batch_execute(
            "set citus.override_table_visibility = off; set citus.enable_ddl_propagation = off",
        )
        .unwrap();
    client.batch_execute(HOLD_BACK).unwrap();
    let shards = client
        .query(
            "select oid::regclass::text from pg_class where relkind = 'r' and relname ~ '^raw_events_\\d{8}_\\d+$'",
            &[],
        )
        .unwrap();
    assert!(!shards.is_empty(), "the worker has no shards");
    for shard in shards.iter().map(|row| row.get::<_, String>(0)) {
        client
            .batch_execute(&format!(
                "create constraint trigger hold_back after insert on {shard}
                 deferrable initially deferred for each row execute function hold_back()"
            ))
            .unwrap();
    }
}

/// A connection to this database on another server.
fn on(server: &Cluster, database: &Database) -> Client {
    database.client_on(&server.url())
}

/// A commit that is stopped at a step.
struct Scene<'a> {
    citus: &'a Citus,
    database: &'a Database,
    step: Step,
}

impl Scene<'_> {
    /// Takes the locks for the step, before the batch begins.
    fn hold(&self, writer: &mut Writer) -> Hold {
        let mut session = self.database.client();
        match self.step {
            Step::Inserted => {
                session
                    .batch_execute("begin; lock table metric_deltas in share mode")
                    .unwrap();
            }
            Step::OnePrepared => {
                session = on(&self.citus.workers()[1], self.database);
                session.batch_execute("select pg_advisory_lock(1)").unwrap();
            }
            Step::AllPrepared => {
                session = hold_staging(self.database, &mut writer.client);
            }
            Step::Decided | Step::OneCommitted => {
                // Commits wait for a standby that does not exist.
                session
                    .batch_execute("alter system set synchronous_standby_names = 'nobody'")
                    .unwrap();
                session.batch_execute("select pg_reload_conf()").unwrap();
                // Waits until the setting is in effect.
                let mut probe = self.database.client();
                let process = process_of(&mut probe);
                std::thread::spawn(move || probe.batch_execute("create temporary table probe ()"));
                wait_for_event(&mut self.database.client(), process, "SyncRep");
            }
        }
        Hold {
            session,
            frozen: None,
        }
    }

    /// Waits until the commit has reached the step.
    fn wait_for_step(&self, hold: &mut Hold, process: i32) {
        let [first, second] = self.citus.workers() else {
            panic!("two workers")
        };
        let mut admin = self.database.client();
        match self.step {
            Step::Inserted => {
                wait_for_event(&mut admin, process, "relation");
                assert_eq!((prepared(first), prepared(second)), (0, 0));
            }
            Step::OnePrepared => {
                until(TIMEOUT, "the first worker to be prepared", || {
                    (prepared(first) > 0).then_some(())
                });
                until(TIMEOUT, "the second one to prepare", || {
                    let sql = "select exists (select from pg_locks where locktype = 'advisory' and objid = 1 and not granted)";
                    value::<bool>(&mut second.client(), sql, &[]).then_some(())
                });
            }
            Step::AllPrepared => {
                wait_for_event(&mut admin, process, "relation");
                assert!(prepared(first) > 0 && prepared(second) > 0);
            }
            Step::Decided => {
                wait_for_event(&mut admin, process, "SyncRep");
                assert!(prepared(first) > 0 && prepared(second) > 0);
            }
            Step::OneCommitted => {
                wait_for_event(&mut admin, process, "SyncRep");
                let before = prepared(second);
                hold.frozen = Some(second.suspend());
                commit_at_once(&mut hold.session);
                until(TIMEOUT, "the first worker to commit", || {
                    (prepared(first) == 0).then_some(())
                });
                assert!(before > 0);
            }
        }
    }
}

/// Stops a commit once all workers are prepared, because ON COMMIT DELETE ROWS then empties the staging table.
fn hold_staging(database: &Database, writer: &mut Client) -> Client {
    let schema: String = value(
        writer,
        "select pg_my_temp_schema()::regnamespace::text",
        &[],
    );
    let mut holder = database.client();
    holder
        .batch_execute(&format!(
            "begin; lock table {schema}.staging_batch in access share mode"
        ))
        .unwrap();
    holder
}

/// Waits until a session has this wait event.
fn wait_for_event(admin: &mut Client, process: i32, event: &str) {
    let sql = "select coalesce(wait_event, '') from pg_stat_activity where pid = $1";
    until(TIMEOUT, &format!("the commit to wait for {event}"), || {
        (value::<String>(admin, sql, &[&process]) == event).then_some(())
    });
}

/// Lets commits continue without a standby.
fn commit_at_once(client: &mut Client) {
    client
        .batch_execute("alter system reset synchronous_standby_names")
        .unwrap();
    client.batch_execute("select pg_reload_conf()").unwrap();
}

fn server(citus: &Citus, victim: Victim) -> &Cluster {
    match victim {
        Victim::Coordinator => citus.coordinator(),
        Victim::FirstWorker => &citus.workers()[0],
        Victim::SecondWorker => &citus.workers()[1],
    }
}

/// Whether a batch whose commit was interrupted there must be stored after recovery; `None`: that depends on a race.
fn is_stored(step: Step, victim: Victim) -> Option<bool> {
    match (step, victim) {
        (Step::Inserted, _) => Some(false),
        (Step::OnePrepared | Step::AllPrepared, Victim::Coordinator) => Some(false),
        (Step::OnePrepared, Victim::SecondWorker) => Some(false),
        (Step::OnePrepared, Victim::FirstWorker) => None,
        (Step::AllPrepared, _) => Some(true),
        (Step::Decided | Step::OneCommitted, _) => Some(true),
    }
}

/// Kills the server at this step of a commit, and recovers all servers.
fn cut_off(citus: &Citus, database: &Database, step: Step, victim: Victim) {
    let what = format!("{victim:?} killed at {step:?}");
    println!("{what}");
    let mut writer = Writer::claim(database).unwrap();
    let first = writer.next();
    let process = writer.process();
    let scene = Scene {
        citus,
        database,
        step,
    };
    let mut hold = scene.hold(&mut writer);
    std::thread::scope(|scope| {
        let commit = scope.spawn(|| writer.store(BATCH).is_ok());
        scene.wait_for_step(&mut hold, process);
        assert!(!commit.is_finished(), "{what}: the commit did not wait");
        server(citus, victim).kill_all();
        // The other servers continue.
        if victim != Victim::Coordinator && step == Step::Decided {
            commit_at_once(&mut hold.session);
        }
        drop(hold);
        let committed = commit.join().unwrap();
        println!(
            "  the client's result: {}",
            if committed { "committed" } else { "unknown" }
        );
        assert!(
            !committed || is_stored(step, victim) != Some(false),
            "{what}"
        );
    });
    server(citus, victim).boot();
    if victim == Victim::Coordinator {
        commit_at_once(&mut citus.coordinator().client());
    }
    drop(until(TIMEOUT, "the database to be available", || {
        postgres::Client::connect(&database.url(), postgres::NoTls).ok()
    }));
    let waiting: Vec<i64> = citus.workers().iter().map(prepared).collect();
    let unequal: i64 = value(
        &mut database.client(),
        "select count(*) from musicstream_verify()",
        &[],
    );
    println!(
        "  before the recovery: {waiting:?} prepared transactions on the workers, {unequal} differences"
    );
    citus.recover(database);
    let next = assert_exact(database, None);
    if let Some(is_stored) = is_stored(step, victim) {
        assert_eq!(next, first + if is_stored { BATCH } else { 0 }, "{what}");
    }
    let mut writer = Writer::claim(database).unwrap();
    assert_eq!(writer.next(), next);
    assert_eq!(
        writer.store(BATCH).unwrap(),
        summary_of(BATCH),
        "after {what}"
    );
    assert_exact(database, None);
}

fn cut_off_everywhere(name: &str, victim: Victim) {
    let Some(citus) = Citus::start(&format!("citus::crash::{name}")) else {
        return;
    };
    let database = citus.database();
    let mut writer = Writer::claim(&database).unwrap();
    writer.store(BATCH).unwrap();
    roll_up(&mut database.client());
    drop(writer);
    add_lock_at_prepare(&database, &citus.workers()[1]);
    for step in STEPS {
        cut_off(&citus, &database, step, victim);
    }
}

#[test]
fn a_commit_survives_a_kill_of_the_coordinator_at_each_step() {
    cut_off_everywhere(
        "a_commit_survives_a_kill_of_the_coordinator_at_each_step",
        Victim::Coordinator,
    );
}

#[test]
fn a_commit_survives_a_kill_of_the_first_worker_at_each_step() {
    cut_off_everywhere(
        "a_commit_survives_a_kill_of_the_first_worker_at_each_step",
        Victim::FirstWorker,
    );
}

#[test]
fn a_commit_survives_a_kill_of_the_second_worker_at_each_step() {
    cut_off_everywhere(
        "a_commit_survives_a_kill_of_the_second_worker_at_each_step",
        Victim::SecondWorker,
    );
}

/// A transaction that stages one event and then runs this statement.
fn one_event(change: &str) -> String {
    format!(
        "begin;
         insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
         values (0, 1, '00000000-0000-0000-0000-000000000001', 'u', 'play', 'eu', '2026-01-01T12:00Z');
         {change};
         commit"
    )
}

/// With one-phase commit, events of a single shard would be committed on the worker before the coordinator, and a crash in
/// between would leave them uncounted.
#[test]
fn changes_of_one_shard_are_committed_in_two_phases() {
    let name = "citus::crash::changes_of_one_shard_are_committed_in_two_phases";
    let Some(citus) = Citus::start(name) else {
        return;
    };
    let database = citus.database();
    for change in [
        "select musicstream_upsert_batch('test:one')",
        "select musicstream_delete(array['00000000-0000-0000-0000-000000000001']::uuid[])",
    ] {
        let mut client = database.client();
        let process = process_of(&mut client);
        client
            .batch_execute("select musicstream_session_staging()")
            .unwrap();
        let mut holder = hold_staging(&database, &mut client);
        std::thread::scope(|scope| {
            let commit = scope.spawn(|| client.batch_execute(&one_event(change)));
            wait_for_event(&mut database.client(), process, "relation");
            let waiting: i64 = citus.workers().iter().map(prepared).sum();
            assert!(waiting > 0, "{change}: not in two phases");
            citus.coordinator().kill_all();
            assert!(commit.join().unwrap().is_err());
        });
        assert!(
            holder.execute("rollback", &[]).is_err(),
            "the server does not answer"
        );
        citus.coordinator().boot();
        citus.recover(&database);
        let mut client = database.client();
        let state = "select (select count(*) from raw_events) || ' ' || (select count(*) from musicstream_verify())";
        let before = if change.contains("upsert") {
            "0 0"
        } else {
            "1 0"
        };
        assert_eq!(value::<String>(&mut client, state, &[]), before, "{change}");
        // The state after uninterrupted changes.
        client
            .batch_execute("select musicstream_session_staging()")
            .unwrap();
        client
            .batch_execute(&one_event("select musicstream_upsert_batch('test:one')"))
            .unwrap();
        assert_eq!(value::<String>(&mut client, state, &[]), "1 0", "{change}");
    }
}
