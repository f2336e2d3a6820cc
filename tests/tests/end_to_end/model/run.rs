//! Runs a program on a database and on the model, and compares the two after each operation.

use std::collections::HashMap;

use postgres::{Client, Statement};

use musicstream_tests::database::value;
use musicstream_tests::minutes::insert_minutes;

use super::listening::{first_day_lines, listener_day_lines, listening_lines};
use super::memory::{Event, Input, Memory, Staged, Time};
use super::program::{self, DAYS, Damage, Operation, Row, SOURCES};
use super::text::{count_lines, event_line, inbox_sql, rejected_line, staging_sql, uuid};

const DAY: Time = 86_400;
/// Offset of the ids of a recreated topic.
const NEW_IDS: u16 = 8;
/// The rows of a program are deleted, which is faster than TRUNCATE, but lets the tables grow.
const TRUNCATE_EVERY: u32 = 100;

#[derive(Default, Clone)]
struct Topic {
    next_position: i64,
    id_base: u16,
    last_batch: Vec<Staged>,
}

pub(super) struct Subject {
    client: Client,
    /// The queries of the comparisons, prepared, because planning takes most of the time of such small tables.
    queries: HashMap<String, Statement>,
    programs: u32,
}

impl Subject {
    pub(super) fn new(mut client: Client) -> Subject {
        client
            .batch_execute(
                "set client_min_messages = warning;
                 select musicstream_session_staging();
                 -- Positions are given in physical order: rows must not be put into the place of older ones.
                 alter table staging_events set (autovacuum_enabled = off)",
            )
            .unwrap();
        Subject {
            client,
            queries: HashMap::new(),
            programs: 0,
        }
    }

    /// Runs the program. `Err`: the first difference between database and model.
    pub(super) fn run(&mut self, program: &[Operation]) -> Result<(), String> {
        let mut memory = self.reset();
        let mut topics = vec![Topic::default(); SOURCES.len()];
        for (number, operation) in program.iter().enumerate() {
            self.step(&mut memory, &mut topics, operation)
                .and_then(|()| self.compare(&memory, matches!(operation, Operation::RollUp)))
                .and_then(|()| match operation {
                    Operation::CountListening => self.compare_listening(&memory),
                    _ => Ok(()),
                })
                .map_err(|difference| {
                    let _ = self.client.batch_execute("rollback");
                    format!("after operation {number}, {operation:?}: {difference}")
                })?;
        }
        Ok(())
    }

    fn reset(&mut self) -> Memory {
        let empty = if self.programs.is_multiple_of(TRUNCATE_EVERY) {
            "truncate raw_events, metric_deltas, listener_deltas, minute_counts, daily_metrics, daily_listeners,
                 rejected_events, frozen_days, ingest_offsets, rollup_state, touched_hours, counted_hours, listening_counts,
                 song_counts, listener_days, listener_first_days, frozen_playback, frozen_listeners"
        } else {
            "delete from raw_events; delete from metric_deltas; delete from listener_deltas; delete from minute_counts;
             delete from daily_metrics; delete from daily_listeners; delete from rejected_events; delete from frozen_days;
             delete from ingest_offsets; delete from rollup_state; delete from touched_hours; delete from counted_hours;
             delete from listening_counts; delete from song_counts; delete from listener_days; delete from listener_first_days;
             delete from frozen_playback; delete from frozen_listeners"
        };
        self.programs += 1;
        self.client
            .batch_execute(&format!(
                "{empty}; truncate staging_events; select setval('staging_position', 0, false);
                 delete from event_types where event_type = 'rewind'"
            ))
            .unwrap();
        let now: i64 = value(
            &mut self.client,
            "select extract(epoch from now())::bigint",
            &[],
        );
        Memory::new(now, now - 5 * 366 * DAY, now + DAY)
    }

    fn step(
        &mut self,
        memory: &mut Memory,
        topics: &mut [Topic],
        operation: &Operation,
    ) -> Result<(), String> {
        match operation {
            Operation::Load { source, rows } => {
                let topic = &mut topics[*source];
                topic.last_batch = rows
                    .iter()
                    .map(|row| {
                        topic.next_position += 1;
                        Staged {
                            partition: 0,
                            position: topic.next_position,
                            input: input(row, topic.id_base, memory.now),
                        }
                    })
                    .collect();
                let batch = topic.last_batch.clone();
                self.load(memory, *source, &batch)
            }
            Operation::Replay { source } => {
                let batch = topics[*source].last_batch.clone();
                self.load(memory, *source, &batch)
            }
            Operation::Recreate { source } => {
                topics[*source] = Topic {
                    id_base: NEW_IDS,
                    ..Topic::default()
                };
                Ok(())
            }
            Operation::Inbox { rows } => {
                let inputs: Vec<Input> = rows.iter().map(|row| input(row, 0, memory.now)).collect();
                for &input in &inputs {
                    memory.put_into_inbox(input);
                }
                self.client
                    .batch_execute(&inbox_sql(&inputs))
                    .map_err(|error| format!("{error:?}"))
            }
            Operation::RollUp => {
                let found = self.numbers(
                    "select staged, inserted, duplicate, conflicting, rejected from musicstream_rollup()",
                )?;
                same("outcome", &found, &memory.roll_up())
            }
            Operation::CountListening => {
                let left = self.numbers("select hours_left from musicstream_rollup_listening()")?;
                same("hours left", &left, &[0])
            }
            Operation::Delete { ids } => {
                let list: Vec<String> = ids
                    .iter()
                    .map(|&id| format!("'{}'", uuid(u16::from(id))))
                    .collect();
                let found = self.numbers(&format!(
                    "select musicstream_delete(array[{}]::uuid[])",
                    list.join(", ")
                ))?;
                same("deleted events", &found, &[memory.delete(ids)])
            }
            Operation::Forget { user } => {
                let sql = format!(
                    "select events, rejected, staged from musicstream_forget_user('u{user}')"
                );
                same("forgotten", &self.numbers(&sql)?, &memory.forget(*user))
            }
            Operation::Expire { day } => {
                let before = start_of_day(*day, memory.now);
                let found = self.numbers(&format!(
                    "select coalesce(sum(events), 0)::bigint from musicstream_expire(now() - to_timestamp({before}))"
                ))?;
                same("expired events", &found, &[memory.expire(before)])
            }
            Operation::Rebuild => self
                .numbers("select count(*) from musicstream_rebuild()")
                .map(drop),
            Operation::Spoil(damage) => self.spoil(*damage, memory.now),
            Operation::Reconcile => {
                let found = self.numbers("select musicstream_reconcile()")?;
                same("reconciled", &found, &[memory.reconcile()])
            }
            Operation::Retry { reason } => {
                let reason_sql = reason.map_or("null".to_owned(), |reason| format!("'{reason}'"));
                let found = self.numbers(&format!(
                    "select * from musicstream_retry_rejected({reason_sql})"
                ))?;
                same("outcome", &found, &memory.retry(*reason))
            }
            Operation::AcceptLastType(accepts) => {
                memory.accepts_last_type = *accepts;
                self.client
                    .batch_execute(if *accepts {
                        "insert into event_types values ('rewind') on conflict do nothing"
                    } else {
                        "delete from event_types where event_type = 'rewind'"
                    })
                    .map_err(|error| format!("{error:?}"))
            }
        }
    }

    fn load(&mut self, memory: &mut Memory, source: usize, batch: &[Staged]) -> Result<(), String> {
        let staging = if batch.is_empty() {
            String::new()
        } else {
            staging_sql(batch)
        };
        self.client
            .batch_execute(&format!("begin; {staging}"))
            .map_err(|error| format!("{error:?}"))?;
        let found = self.numbers(&format!(
            "select * from musicstream_upsert_batch('{}')",
            SOURCES[source]
        ))?;
        self.client
            .batch_execute("commit")
            .map_err(|error| format!("{error:?}"))?;
        same("outcome", &found, &memory.store(source, batch))
    }

    /// Damages the metrics directly, and rebuilds them.
    fn spoil(&mut self, damage: Damage, now: Time) -> Result<(), String> {
        // A minute without stored events.
        let surplus = format!("to_timestamp({})", start_of_day(DAYS - 1, now));
        let surplus_minute = format!("values ({surplus}, 'play', 'mars', 2, 1)");
        let live = "day >= frozen_before()";
        let live_hour = "(hour at time zone 'UTC')::date >= frozen_before()";
        let sql = match damage {
            Damage::Day => format!("update daily_metrics set events = events + 5 where {live}"),
            Damage::Minute => {
                // The sum of the hour is unchanged.
                let more = "select pack_minutes(u.minute, u.events + 5, u.late_events) from unpack_minutes(hour, minutes) as u";
                format!("update minute_counts set minutes = ({more}) where {live_hour}")
            }
            Damage::Hour => {
                format!("update minute_counts set events = events + 5 where {live_hour}")
            }
            Damage::MissingDay => format!("delete from daily_metrics where {live}"),
            Damage::SurplusDay => format!(
                "insert into daily_metrics values (({surplus} at time zone 'UTC')::date, 'play', 'mars', 2, 1, now())"
            ),
            Damage::SurplusMinute => insert_minutes("minute_counts", &surplus_minute),
            Damage::SurplusDelta => insert_minutes("metric_deltas", &surplus_minute),
            Damage::Listening => "update listening_counts set listened_us = listened_us + 1
                where quarter >= frozen_before()::timestamp at time zone 'UTC'
                    and not tstzrange(quarter, quarter + interval '15 minutes') && uncounted_quarters()"
                .to_owned(),
        };
        let spoiled = self
            .client
            .execute(&sql, &[])
            .map_err(|error| format!("{error:?}"))?;
        let differences = self.numbers("select count(*) from musicstream_verify()")?[0];
        if (spoiled > 0) != (differences > 0) {
            return Err(format!(
                "{spoiled} rows were damaged, musicstream_verify() found {differences}"
            ));
        }
        self.numbers("select count(*) from musicstream_rebuild()")
            .map(drop)
    }

    fn compare(&mut self, memory: &Memory, is_rolled_up: bool) -> Result<(), String> {
        let events: Vec<String> = memory.events().iter().map(event_line).collect();
        self.lines(
            "raw_events",
            "select concat_ws(' ', right(event_id::text, 4), user_id, event_type, region, extract(epoch from ts)::bigint)
             from raw_events",
            events,
        )?;
        let rejected: Vec<String> = memory.rejected.iter().map(rejected_line).collect();
        self.lines("rejected_events", REJECTED, rejected)?;
        let minutes = count_lines(&memory.counts(60));
        let days = count_lines(&memory.counts(DAY));
        let views = [
            ("live_minute_metrics", "minute", &minutes),
            ("live_daily_metrics", "day", &days),
        ];
        let tables = [
            ("minute_metrics", "minute", &minutes),
            ("daily_metrics", "day", &days),
        ];
        for (relation, bucket, expected) in
            views.iter().chain(tables.iter().filter(|_| is_rolled_up))
        {
            self.lines(
                relation,
                &format!(
                    "select concat_ws(' ', extract(epoch from {bucket}{})::bigint, event_type, region, events, late_events)
                     from {relation}",
                    if *bucket == "day" { "::timestamp" } else { "" }
                ),
                (*expected).clone(),
            )?;
        }
        let verified = self.numbers("select count(*) from musicstream_verify()")?;
        same("differences by musicstream_verify()", &verified, &[0])?;
        let watermark = "select coalesce(extract(epoch from musicstream_watermark())::bigint, -1)";
        same(
            "watermark",
            &self.numbers(watermark)?,
            &[memory.watermark.unwrap_or(-1)],
        )?;
        let frozen = "select count(*) from musicstream_leaves() where day < frozen_before()";
        same("partitions of frozen days", &self.numbers(frozen)?, &[0])
    }

    fn compare_listening(&mut self, memory: &Memory) -> Result<(), String> {
        self.lines(
            "quarter_listening",
            "select concat_ws(' ', extract(epoch from quarter)::bigint, region, plays, streams, skips,
                trim_scale(listening_seconds), sessions)
             from quarter_listening",
            listening_lines(&memory.listening()),
        )?;
        let days = memory.listener_days();
        self.lines(
            "listener_days",
            "select concat_ws(' ', extract(epoch from day)::bigint, region, user_id) from listener_days",
            listener_day_lines(&days),
        )?;
        self.lines(
            "listener_first_days",
            "select concat_ws(' ', user_id, extract(epoch from day)::bigint) from listener_first_days",
            first_day_lines(&days),
        )
    }

    fn lines(&mut self, what: &str, sql: &str, mut expected: Vec<String>) -> Result<(), String> {
        let rows = self
            .prepared(sql)
            .and_then(|query| self.client.query(&query, &[]))
            .map_err(|error| format!("{what}: {error:?}"))?;
        let mut found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        found.sort();
        expected.sort();
        if found == expected {
            return Ok(());
        }
        let missing: Vec<_> = expected
            .iter()
            .filter(|line| !found.contains(line))
            .collect();
        let surplus: Vec<_> = found
            .iter()
            .filter(|line| !expected.contains(line))
            .collect();
        Err(format!(
            "{what}: {} rows instead of {}; missing: {missing:#?}, surplus: {surplus:#?}",
            found.len(),
            expected.len()
        ))
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, postgres::Error> {
        if let Some(query) = self.queries.get(sql) {
            return Ok(query.clone());
        }
        let query = self.client.prepare(sql)?;
        self.queries.insert(sql.to_owned(), query.clone());
        Ok(query)
    }

    fn numbers(&mut self, sql: &str) -> Result<Vec<i64>, String> {
        let row = self
            .client
            .query_one(sql, &[])
            .map_err(|error| format!("{sql}: {error:?}"))?;
        Ok((0..row.len()).map(|column| row.get(column)).collect())
    }
}

const REJECTED: &str = "
    select concat_ws(' ', source, partition, position, reason, case
        when text like '{oops%' then text
        else concat_ws(' ',
            right(text::json ->> 'event_id', 4),
            text::json ->> 'user_id',
            text::json ->> 'event_type',
            text::json ->> 'region',
            case text::json ->> 'ts'
                when 'no time' then 'no time'
                else extract(epoch from (text::json ->> 'ts')::timestamptz)::bigint::text
            end
        )
    end)
    from rejected_events, lateral (select convert_from(payload, 'utf8') as text) as p";

fn same(what: &str, found: &[i64], expected: &[i64]) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found:?} instead of {expected:?}"))
}

/// The days of the events begin a week ago. If they were long ago, the views of minutes would take long, because they generate all
/// minutes up to the newest event, which may be ahead of the clock.
fn start_of_day(day: u8, now: Time) -> Time {
    now - now.rem_euclid(DAY) - 7 * DAY + DAY * Time::from(day)
}

fn input(row: &Row, id_base: u16, now: Time) -> Input {
    let ts = match row.time {
        program::Time::Day { day, second } => start_of_day(day, now) + Time::from(second),
        program::Time::Ahead => now + DAY / 2,
        program::Time::Future => now + 10 * DAY,
        program::Time::Ancient => 631_152_000, // 1990
        program::Time::Broken => return Input::Broken(Event::new(row, id_base, 0)),
    };
    Input::Event(Event::new(row, id_base, ts))
}
