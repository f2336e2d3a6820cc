//! Every interleaving of the steps of two or three transactions, as in Postgres's isolation tester: the metrics equal the
//! events in each, and there is no deadlock.

mod schedule;
mod session;

use std::collections::VecDeque;

use postgres::{Client, Statement};

use musicstream_tests::batch::{event_id, staging};
use musicstream_tests::database::{Database, value};
use musicstream_tests::progress::Progress;

use schedule::Schedule;
use session::Sessions;

/// The statement of a transaction, between `begin` and `commit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    /// New events, duplicates, and one that a [`Work::Delete`] erases.
    Upsert,
    /// Partly the same events, some with other fields.
    RivalUpsert,
    /// Events of a day without a partition, and of one that [`Work::Expire`] freezes.
    UpsertNewDay,
    RollUp,
    /// Counts listening of the events of the set-up and of committed transactions.
    CountListening,
    Rebuild,
    Delete,
    ForgetUser,
    Expire,
    MakePartitions,
    /// Blocks batches after they have read which days are frozen.
    HoldTypes,
    Reconcile,
    Retry,
}

use Work::*;

impl Work {
    fn sql(self) -> String {
        match self {
            Upsert => upsert(
                "kafka:a/t",
                "(0, 1, 1, 'u1', 'play', 'eu', '2026-03-02T12:00Z'), (0, 2, 11, 'u1', 'play', 'eu', '2026-03-02T12:00Z'),
                 (0, 3, 12, 'u2', 'stop', 'us', '2026-03-03T12:00Z'), (0, 4, 2, 'u2', 'play', 'us', '2026-03-01T12:00Z')",
            ),
            RivalUpsert => upsert(
                "kafka:b/t",
                "(0, 1, 12, 'u2', 'stop', 'us', '2026-03-03T12:00Z'), (0, 2, 11, 'u3', 'play', 'eu', '2026-03-02T12:00Z'),
                 (0, 3, 13, 'u1', 'play', 'eu', '2026-03-02T12:00Z'), (0, 4, 1, 'u1', 'play', 'eu', '2026-03-02T12:00Z')",
            ),
            UpsertNewDay => upsert(
                "kafka:c/t",
                "(0, 1, 14, 'u1', 'play', 'eu', '2026-03-05T12:00Z'), (0, 2, 15, 'u2', 'play', 'eu', '2026-03-01T13:00Z')",
            ),
            RollUp => "select musicstream_rollup()".to_owned(),
            CountListening => "select musicstream_rollup_listening()".to_owned(),
            Rebuild => "select musicstream_rebuild()".to_owned(),
            Delete => format!("select musicstream_delete(array[{}, {}])", event_id("1"), event_id("11")),
            ForgetUser => "select musicstream_forget_user('u2')".to_owned(),
            Expire => "select musicstream_expire(now() - '2026-03-02Z')".to_owned(),
            MakePartitions => {
                "select musicstream_make_partitions(array['2026-02-28', '2026-03-05', '2026-03-06']::date[])".to_owned()
            }
            HoldTypes => "lock table event_types in access exclusive mode".to_owned(),
            Reconcile => "select musicstream_reconcile()".to_owned(),
            Retry => "select musicstream_retry_rejected()".to_owned(),
        }
    }
}

fn upsert(source: &str, values: &str) -> String {
    format!(
        "{}; select musicstream_upsert_batch('{source}')",
        staging(values)
    )
}

/// Empties the tables and drops the partitions that a run may have created.
const EMPTY: &str = "
    delete from raw_events; delete from metric_deltas; delete from listener_deltas; delete from minute_counts;
    delete from daily_metrics; delete from daily_listeners; delete from rejected_events; delete from frozen_days;
    delete from ingest_offsets; delete from rollup_state; delete from staging_events; delete from touched_hours;
    delete from counted_hours; delete from listening_counts; delete from song_counts; delete from listener_days;
    delete from listener_first_days; delete from frozen_playback; delete from frozen_listeners;
    drop table if exists raw_events_20260228, raw_events_20260305, raw_events_20260306;
    delete from event_types where event_type = 'rewind'";

/// The tables in which a rollup and a count of listening leave rows.
const COUNTED: [&str; 9] = [
    "minute_counts",
    "daily_metrics",
    "daily_listeners",
    "rollup_state",
    "counted_hours",
    "listening_counts",
    "song_counts",
    "listener_days",
    "listener_first_days",
];

/// Stores events of four days, one id on two days, and one rejected event.
fn store_first_events() -> String {
    let events = "(0, 1, 1, 'u1', 'play', 'eu', '2026-03-02T12:00Z'), (0, 2, 3, 'u2', 'play', 'us', '2026-03-01T12:00Z'),
        (0, 3, 4, 'u1', 'stop', 'eu', '2026-03-04T12:00Z'), (0, 4, 16, 'u1', 'rewind', 'eu', '2026-03-02T12:00Z')";
    format!(
        "{}; truncate pg_temp.staging_batch",
        upsert("kafka:a/t", events)
    )
}

/// Counts the first events and saves what was counted, because counting them takes most of the time of a set-up.
fn save_counts(client: &mut Client) {
    let save =
        COUNTED.map(|table| format!("create temporary table saved_{table} as table {table}"));
    client
        .batch_execute(&format!(
            "begin; {EMPTY}; {}; select musicstream_rollup(); select musicstream_rollup_listening(); {}; commit",
            store_first_events(),
            save.join("; ")
        ))
        .unwrap();
}

/// Sets up the data of every run: the first events as counted, some pending deltas, and rows in the inbox.
fn set_up(client: &mut Client) {
    let pending = "(0, 5, 4, 'u1', 'stop', 'eu', '2026-03-02T12:00Z'), (0, 6, 5, 'u3', 'play', 'eu', '2026-03-02T12:00Z')";
    let restore = COUNTED.map(|table| format!("insert into {table} table saved_{table}"));
    client
        .batch_execute(&format!(
            "begin; {EMPTY}; {}; delete from metric_deltas; delete from listener_deltas; {};
             {}; truncate pg_temp.staging_batch;
             insert into event_types values ('rewind');
             insert into staging_events values
                 (lpad('b', 32, '0'), 'u1', 'play', 'eu', '2026-03-02T12:00:00Z'),
                 (lpad('d', 32, '0'), 'u1', 'play', 'eu', '2026-03-06T12:00:00Z');
             commit",
            store_first_events(),
            restore.join("; "),
            upsert("kafka:a/t", pending),
        ))
        .unwrap();
}

/// Differences between metrics and events of the days that are not frozen, in both directions, as multisets.
const DIFFERENCES: &str = "
    with counted as (
        select day::text as bucket, event_type, region, events from live_daily_metrics
        union all
        select minute::text, event_type, region, events from live_minute_metrics
    ), stored as (
        select (ts at time zone 'UTC')::date::text as bucket, event_type, region, count(*) as events
        from raw_events
        group by 1, 2, 3
        union all
        select date_trunc('minute', ts)::text, event_type, region, count(*) from raw_events group by 1, 2, 3
    )
    select to_jsonb(difference)::text
    from ((table counted except all table stored) union all (table stored except all table counted)) as difference
    where left(bucket, 10)::date >= frozen_before()";

/// The metrics of frozen days, and their number of events at expiry.
const FROZEN: &str = "
    select coalesce(sum(events), 0)::bigint - (select coalesce(sum(events), 0)::bigint from frozen_days)
    from live_daily_metrics
    where day < frozen_before()";

/// Missing and surplus rows of listener_days, and wrong first days.
const LISTENERS: &str = "
    with stored as (
        select distinct (ts at time zone 'UTC')::date as day, region, user_id
        from raw_events
        where event_type in ('play', 'pause', 'stop')
    ), kept as (
        select day, region, user_id from listener_days where day >= frozen_before()
    )
    select coalesce(array_agg(difference), '{}') from (
        select to_jsonb(d)::text as difference
        from ((table kept except table stored) union all (table stored except table kept)) as d
        union all
        select to_jsonb(f)::text
        from (
            select user_id, f.day, d.day as first
            from listener_first_days as f
            full join (select user_id, min(day) as day from listener_days group by user_id) as d using (user_id)
        ) as f
        where f.day is distinct from f.first
    ) as all_differences";

/// The session that sets up and checks each run.
struct Admin {
    client: Client,
    // Prepared, because planning takes most of the time of such small tables.
    differences: Statement,
    frozen: Statement,
    listeners: Statement,
}

impl Admin {
    fn start(database: &Database) -> Admin {
        let mut client = database.client();
        save_counts(&mut client);
        let mut prepare = |sql| client.prepare(sql).unwrap();
        Admin {
            differences: prepare(DIFFERENCES),
            frozen: prepare(FROZEN),
            listeners: prepare(LISTENERS),
            client,
        }
    }

    fn check(&mut self) -> Result<(), String> {
        for (after, next) in [
            ("at the end", "select musicstream_rollup()"),
            ("after a rollup", "select musicstream_rollup_listening()"),
            ("after counting listening", ""),
        ] {
            let rows = self.client.query(&self.differences, &[]).unwrap();
            if let Some(row) = rows.first() {
                return Err(format!("{after}: {}", row.get::<_, String>(0)));
            }
            let verified = "select count(*) from musicstream_verify()";
            let verified: i64 = value(&mut self.client, verified, &[]);
            let frozen: i64 = self.client.query_one(&self.frozen, &[]).unwrap().get(0);
            let remade: i64 = value(
                &mut self.client,
                "select count(*) from musicstream_leaves() where day < frozen_before()",
                &[],
            );
            if (verified, frozen, remade) != (0, 0, 0) {
                return Err(format!(
                    "{after}: {verified} differences by musicstream_verify(), {frozen} events of frozen days are miscounted, \
                     {remade} partitions of frozen days"
                ));
            }
            // Once nothing is pending, musicstream_verify() compares all hours, so a lost touched hour is found.
            self.client.batch_execute(next).unwrap();
        }
        let listeners = self.client.query_one(&self.listeners, &[]).unwrap();
        let users: Vec<String> = listeners.get(0);
        if !users.is_empty() {
            return Err(format!("listener_days differ: {users:#?}"));
        }
        Ok(())
    }
}

/// Runs every interleaving of these transactions, each on the same data; returns how many there are.
fn try_all(admin: &mut Admin, sessions: &mut Sessions, works: &[Work]) -> usize {
    let mut schedule = Schedule::default();
    for runs in 1.. {
        set_up(&mut admin.client);
        let mut steps = vec![VecDeque::new(); works.len()];
        for (steps, work) in steps.iter_mut().zip(works) {
            steps.extend([format!("begin; {}", work.sql()), "commit".to_owned()]);
        }
        let mut order = Vec::new();
        loop {
            let is_ready =
                |&number: &usize| !steps[number].is_empty() && !sessions.is_blocked(number);
            let ready: Vec<usize> = (0..works.len()).filter(is_ready).collect();
            if ready.is_empty() {
                break;
            }
            let number = schedule.choose(&ready);
            order.push(number);
            let step = steps[number].pop_front().unwrap();
            sessions
                .take(number, step)
                .unwrap_or_else(|failure| panic!("{works:?} in the order {order:?}: {failure}"));
        }
        let told = |failure: &str| panic!("{works:?} in the order {order:?}: {failure}");
        if (0..works.len()).any(|number| sessions.is_blocked(number)) {
            told("sessions wait, and none is left that could commit");
        }
        admin.check().unwrap_or_else(|failure| told(&failure));
        if !schedule.advance() {
            return runs;
        }
    }
    unreachable!("the number of interleavings is finite")
}

#[test]
fn all_interleavings_of_two_sessions_are_exact() {
    let database = Database::without_coming_days();
    let (mut admin, mut sessions) = (Admin::start(&database), Sessions::start(&database, 2));
    let all = [
        Upsert,
        RivalUpsert,
        UpsertNewDay,
        RollUp,
        CountListening,
        Rebuild,
        Delete,
        ForgetUser,
        Expire,
        MakePartitions,
        Reconcile,
        Retry,
    ];
    for (index, &first) in all.iter().enumerate() {
        for &second in &all[index..] {
            let runs = try_all(&mut admin, &mut sessions, &[first, second]);
            // Each may commit before the other begins.
            assert!(runs >= 2, "{runs} runs");
        }
    }
}

#[test]
fn all_interleavings_of_three_sessions_are_exact() {
    let database = Database::without_coming_days();
    let (mut admin, mut sessions) = (Admin::start(&database), Sessions::start(&database, 3));
    let mut triples = vec![
        [Upsert, RivalUpsert, RollUp],
        [Upsert, RollUp, Rebuild],
        [UpsertNewDay, RollUp, Rebuild],
        [UpsertNewDay, Rebuild, Expire],
        [UpsertNewDay, MakePartitions, Expire],
        [UpsertNewDay, HoldTypes, Expire],
        [Upsert, Delete, Rebuild],
        [Upsert, RollUp, Expire],
        [RollUp, Delete, Expire],
        [Upsert, RollUp, CountListening],
        [RollUp, CountListening, Delete],
        [UpsertNewDay, CountListening, Expire],
        [CountListening, Rebuild, ForgetUser],
    ];
    if std::env::var_os("MUSICSTREAM_INTERLEAVE_ALL").is_some() {
        let all = &[
            Upsert,
            RivalUpsert,
            UpsertNewDay,
            RollUp,
            CountListening,
            Rebuild,
            Delete,
            Expire,
            MakePartitions,
            Retry,
        ];
        triples = all
            .iter()
            .flat_map(|&a| {
                all.iter()
                    .flat_map(move |&b| all.iter().map(move |&c| [a, b, c]))
            })
            .filter(|[a, b, c]| a < b && b < c)
            .collect();
    }
    let mut progress = Progress::start("triples of transactions", triples.len() as u64);
    for (done, works) in (1..).zip(&triples) {
        let runs = try_all(&mut admin, &mut sessions, works);
        assert!(runs >= 6, "{runs} runs");
        progress.done(done);
    }
}
