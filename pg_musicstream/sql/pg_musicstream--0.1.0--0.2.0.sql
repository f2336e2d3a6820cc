-- Written by scripts/upgrade-script.sh from sql/upgrade: change what it reads, not this.
-- The library reads every text as UTF-8, and events hold any character.
do $requirement$
begin
    if current_setting('server_encoding') <> 'UTF8' then
        raise exception 'pg_musicstream needs a database whose encoding is UTF8, but that of "%" is %',
            current_database(), current_setting('server_encoding')
            using errcode = 'feature_not_supported',
                detail = 'Events are UTF-8 text, which another encoding cannot hold.',
                hint = 'Make a database for it, as in  create database music encoding ''UTF8'' template template0.';
    end if;
end
$requirement$;
select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('pg_musicstream'), 1);

alter table ingest_offsets add column released_at timestamptz;
comment on column ingest_offsets.released_at is 'when its owner gave it up; null: it is in use';
alter table ingest_offsets add column leader_epoch integer;
comment on column ingest_offsets.leader_epoch is 'of a Kafka topic: the leader epoch of the record before next_offset, by which a log that lost its end is noticed; null: not known';
drop function musicstream_claim(text, integer, text);
drop function musicstream_advance(text, integer, bigint, bigint, bigint, bytea);
comment on column ingest_offsets.checksum is 'of a file: the hash of all bytes before next_offset; of a Kafka topic: its id';
comment on sequence rejected_events_rejected_id_seq is 'numbers the rows of rejected_events in the order in which they came';
alter table rollup_state add column last_rollup_ms double precision, add column last_rollup_deltas bigint;
comment on column rollup_state.last_rollup_ms is 'how long the last rollup took, in milliseconds';
comment on column rollup_state.last_rollup_deltas is 'how many rows of metric_deltas the last rollup folded';

drop function musicstream_check_staging(text);
drop function musicstream_inbox_staging();

lock table metric_deltas, rejected_events in share row exclusive mode;

alter table staging_events replica identity full;
alter table staging_shape replica identity nothing;
alter table metric_deltas replica identity full;
alter table raw_events replica identity full;
do $leaves$
declare
    leaf regclass;
begin
    for leaf in select i.inhrelid from pg_inherits as i where i.inhparent = '@extschema@.raw_events'::regclass loop
        execute format('alter table %s replica identity full', leaf);
    end loop;
end
$leaves$;

alter table rejected_events drop constraint rejected_events_source_partition_position_key;
create unique index rejected_events_record
    on rejected_events (source, partition, position, sha256(coalesce(payload, '')));
comment on sequence staging_position is 'positions in rejected_events of rows that have none of their own, as those of staging_events';
comment on column rejected_events.position is 'offset in the Kafka partition, line of the file, or number of the inbox row; negative: a number of its own, for the writer gave none';
comment on column rejected_events.source is 'kafka:CLUSTER/TOPIC, file:FINGERPRINT, staging_events, or raw_events for what musicstream_reconcile() moved';

drop function musicstream_verify(date, date);
drop view live_minute_metrics, live_daily_metrics;
alter table minute_metrics rename to unpacked_minutes;
alter table metric_deltas rename column minute to hour;
alter table metric_deltas alter column hour drop not null; -- Postgres 18 has named it after the column
alter table metric_deltas alter column hour set not null;
alter table metric_deltas add column minutes bytea;
comment on table metric_deltas is 'what each batch added to raw_events, by UTC hour, event type and region, not yet folded into minute_counts and daily_metrics';
comment on column metric_deltas.events is 'the sum of the minutes; negative where events were taken away';
comment on column metric_deltas.minutes is 'as in minute_counts';

-- A row holds an hour, for which 60 rows a minute each would take ten times the space and the time of a rollup.
create table minute_counts (
    hour timestamptz not null,
    event_type text not null,
    region text not null,
    events bigint not null,
    late_events bigint not null,
    minutes bytea not null,
    primary key (hour, event_type, region)
) with (fillfactor = 80); -- room for the updates of the newest hours on their own page

comment on table minute_counts is 'events by UTC hour, event type and region with their counts by minute, as of the last rollup; minute_metrics shows the minutes as rows';
comment on column minute_counts.events is 'the sum of the minutes';
comment on column minute_counts.late_events is 'of these events, those that came when their day was final';
comment on column minute_counts.minutes is 'events and late events of the minutes, packed; musicstream_unpack() reads them';

select pg_catalog.pg_extension_config_dump('minute_counts', '');
-- Whoever holds the lock on one of these has the turn. Tables and not advisory locks, which anyone who may connect can
-- take and keep; locking these takes rights that only the extension's functions have, and pg_locks tells their names.
-- The mode is the weakest in which two sessions exclude one another: readers, pg_dump and VACUUM of other tables go on.
create table rollup_turn (nothing boolean);
create table partition_turn (nothing boolean);
create table listening_turn (nothing boolean);

alter table rollup_turn replica identity nothing; -- no row, no change to publish
alter table partition_turn replica identity nothing;
alter table listening_turn replica identity nothing;

comment on table rollup_turn is 'holds no rows; rollups and corrections lock it, so that they come one after another';
comment on table partition_turn is 'holds no rows; who makes partitions locks it until the end of the transaction';
comment on table listening_turn is 'holds no rows; who counts listening locks it, after rollup_turn where both are locked';
alter table event_types add column playback text check (
    playback in ('starts', 'ends', 'neither')
    -- A dump carries only what the user added: these three mean the same everywhere.
    and playback = case event_type when 'play' then 'starts' when 'pause' then 'ends' when 'stop' then 'ends' else playback end
);
comment on column event_types.playback is 'what an event of this type does to playback: starts it, ends it, or neither, and then listening passes it over; null: play starts it, pause and stop end it, any other type does neither';
update event_types
set playback = case event_type when 'play' then 'starts' else 'ends' end
where event_type in ('play', 'pause', 'stop');
-- A dump has no word for a row that is missing: without this, a type that comes with CREATE EXTENSION and was taken out
-- of event_types would be back after a restore. Restoring this table takes it out again.
create table withdrawn_event_types (
    event_type text not null primary key
);

comment on table withdrawn_event_types is 'of the event types that the extension brings, those that were taken out of event_types; kept in step by itself, for dumps';

select pg_catalog.pg_extension_config_dump('withdrawn_event_types', '');

create function musicstream_note_withdrawn() returns trigger
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    if tg_relid = '@extschema@.withdrawn_event_types'::regclass then
        -- Statements without rows have triggers, too: these two would call one another for ever.
        if exists (select from @extschema@.event_types join added using (event_type)) then
            delete from @extschema@.event_types where event_type in (select event_type from added);
        end if;
        return null;
    end if;
    delete from @extschema@.withdrawn_event_types where event_type in (select event_type from @extschema@.event_types);
    insert into @extschema@.withdrawn_event_types (event_type)
    select event_type from unnest(array['play', 'pause', 'stop']) as brought (event_type)
    where event_type not in (select event_type from @extschema@.event_types)
    on conflict do nothing;
    return null;
end
$$;

comment on function musicstream_note_withdrawn() is 'keeps withdrawn_event_types in step with event_types, and in a restore the other way round';

revoke execute on function musicstream_note_withdrawn() from public;

create trigger note_withdrawn after insert or update or delete or truncate on event_types
    for each statement execute function musicstream_note_withdrawn();

create trigger withdraw after insert on withdrawn_event_types
    referencing new table as added
    for each statement execute function musicstream_note_withdrawn();

comment on trigger note_withdrawn on event_types is 'notes which of the types that the extension brings were taken out';
comment on trigger withdraw on withdrawn_event_types is 'takes types out that were taken out where the dump was made';
-- One row a day whose partition was dropped, and one for the last day of each expiry: all days up to the newest row are
-- frozen, so that a batch compares its events with one date.
create table frozen_days (
    day date not null primary key,
    events bigint not null,
    frozen_at timestamptz not null default now()
);

comment on table frozen_days is 'UTC days whose events musicstream_expire() dropped; this day and all before it are frozen: their metrics stay as they are';
comment on column frozen_days.events is 'events that the day had';

select pg_catalog.pg_extension_config_dump('frozen_days', '');
-- A budget: not dumped, for what was made before a restore does not count.
create table new_days (
    day date not null primary key,
    made_at timestamptz not null default now()
);

comment on table new_days is 'past UTC days whose partitions were made in the last 24 hours because an event came, not because anyone asked; at most musicstream.max_new_days';
create table listener_deltas (
    day date not null,
    region text not null,
    sketch bytea not null
);

comment on table listener_deltas is 'who listened in the events that each batch added to raw_events, not yet merged into daily_listeners';
comment on column listener_deltas.sketch is 'of the user_ids, as in daily_listeners';

-- As in daily_listeners; trying to compress them took a twentieth of an upsert.
alter table listener_deltas alter column sketch set storage external;

-- As of staging_events, and for the same reason.
alter table listener_deltas replica identity full;

-- Every rollup empties it: see staging_events.
alter table listener_deltas set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);

select pg_catalog.pg_extension_config_dump('listener_deltas', '');
create table daily_listeners (
    day date not null,
    region text not null,
    listeners bigint not null,
    sketch bytea not null,
    updated_at timestamptz not null,
    primary key (day, region)
);

-- Registers of a sketch look like noise: trying to compress them is in vain.
alter table daily_listeners alter column sketch set storage external;

comment on table daily_listeners is 'distinct users by UTC day and region, as of the last rollup; live_daily_listeners is up to the moment, musicstream_listeners() tells of several days and regions';
comment on column daily_listeners.listeners is 'estimated from the sketch; standard error 0.8 %';
comment on column daily_listeners.sketch is 'Apache DataSketches HLL, lg_k 14, of the user_ids as UTF-8: sketches of several cells can be merged, days and regions cannot be added up';
comment on column daily_listeners.updated_at is 'when a rollup last changed the row';

select pg_catalog.pg_extension_config_dump('daily_listeners', '');
-- Rows are only appended, so that writers do not wait for one another; the rollup sums them up. Not dumped: restoring
-- rejected_events counts them again.
create table reject_counts (
    reason text not null,
    rejected bigint not null
);

comment on table reject_counts is 'what is in rejected_events, by reason: the sum over the rows of a reason';

-- As of staging_events, and for the same reason.
alter table reject_counts replica identity full;

create function musicstream_count_rejects() returns trigger
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    case tg_op
        when 'INSERT' then
            insert into @extschema@.reject_counts select reason, count(*) from added group by reason;
        when 'DELETE' then
            insert into @extschema@.reject_counts select reason, -count(*) from removed group by reason;
        when 'UPDATE' then
            insert into @extschema@.reject_counts
            select reason, sum(rows)
            from (
                select reason, 1 as rows from added
                union all
                select reason, -1 from removed
            ) as changed
            group by reason
            having sum(rows) <> 0;
        when 'TRUNCATE' then
            delete from @extschema@.reject_counts;
    end case;
    return null;
end
$$;

comment on function musicstream_count_rejects() is 'keeps reject_counts in step with rejected_events, whoever changes it';

revoke execute on function musicstream_count_rejects() from public;

create trigger count_added after insert on rejected_events
    referencing new table as added
    for each statement execute function musicstream_count_rejects();

create trigger count_removed after delete on rejected_events
    referencing old table as removed
    for each statement execute function musicstream_count_rejects();

create trigger count_changed after update on rejected_events
    referencing old table as removed new table as added
    for each statement execute function musicstream_count_rejects();

create trigger count_none after truncate on rejected_events
    for each statement execute function musicstream_count_rejects();

comment on trigger count_added on rejected_events is 'counts what was rejected';
comment on trigger count_removed on rejected_events is 'counts what was taken away';
comment on trigger count_changed on rejected_events is 'counts what got another reason';
comment on trigger count_none on rejected_events is 'counts nothing';
-- Written by musicstream_listening_rule() when the settings, or what event types do to playback, are no longer those of
-- the newest rule.
create table listening_rules (
    rule integer not null primary key,
    max_listen interval not null,
    stream_after interval not null,
    session_gap interval not null,
    starting_types text[] not null,
    ending_types text[] not null,
    since timestamptz not null default now()
);

comment on table listening_rules is 'the rules by which listening was counted, the newest last; counted_hours tells which hour was counted by which';
comment on column listening_rules.max_listen is 'musicstream.max_listen at that time';
comment on column listening_rules.stream_after is 'musicstream.stream_after at that time';
comment on column listening_rules.session_gap is 'musicstream.session_gap at that time';
comment on column listening_rules.starting_types is 'event types that start playback';
comment on column listening_rules.ending_types is 'event types that end playback';
comment on column listening_rules.since is 'when hours were first counted by this rule';

select pg_catalog.pg_extension_config_dump('listening_rules', '');
create table counted_hours (
    hour timestamptz not null primary key,
    rule integer not null
);

comment on table counted_hours is 'UTC hours that have numbers of listening, and the rule that they were counted by; an hour keeps its rule until musicstream_rebuild() counts it by the newest';
comment on column counted_hours.rule is 'see listening_rules';

select pg_catalog.pg_extension_config_dump('counted_hours', '');
-- Rows are only appended, so that no rollup waits for the run that takes them: an hour may be here several times.
create table touched_hours (
    hour timestamptz not null,
    has_removals boolean not null
);

comment on table touched_hours is 'UTC hours whose events changed since musicstream_rollup_listening() counted them';
comment on column touched_hours.has_removals is 'events were taken away, so that users may no longer have been active on that day';

-- As of staging_events, and for the same reason.
alter table touched_hours replica identity full;

-- Every run empties it: see staging_events.
alter table touched_hours set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 10000);

select pg_catalog.pg_extension_config_dump('touched_hours', '');
create table listening_counts (
    quarter timestamptz not null,
    region text not null,
    plays bigint not null,
    streams bigint not null,
    skips bigint not null,
    listened_us bigint not null,
    sessions bigint not null,
    primary key (quarter, region)
) with (fillfactor = 80); -- room for the updates of the newest quarters on their own page

-- daily_listening groups by this expression, and a bound on its day becomes one on the index.
create index listening_counts_day on listening_counts (((quarter at time zone 'UTC')::date));

comment on table listening_counts is 'listening by quarter of an hour and region, as of the last musicstream_rollup_listening(); quarter_listening shows it';
comment on index listening_counts_day is 'finds the quarters of UTC days';
comment on column listening_counts.plays is 'plays that began in this quarter';
comment on column listening_counts.streams is 'of these plays, those of at least musicstream.stream_after';
comment on column listening_counts.skips is 'of these plays, those that an event ended before that';
comment on column listening_counts.listened_us is 'microseconds of plays, of whatever quarter, that fall into this one';
comment on column listening_counts.sessions is 'sessions that began in this quarter';

select pg_catalog.pg_extension_config_dump('listening_counts', '');
create table song_counts (
    quarter timestamptz not null,
    region text not null,
    songs bytea not null,
    primary key (quarter, region)
);

-- Packed songs are dense: compressing them again costs time and saves little.
alter table song_counts alter column songs set storage external;

-- As of listening_counts, for daily_songs.
create index song_counts_day on song_counts (((quarter at time zone 'UTC')::date));

comment on table song_counts is 'as listening_counts, by song, of plays that name one; daily_songs shows it';
comment on index song_counts_day is 'finds the quarters of UTC days';
comment on column song_counts.songs is 'song_id with its plays, streams, skips and listened_us of the quarter: see musicstream_unpack_songs()';

select pg_catalog.pg_extension_config_dump('song_counts', '');
create table listener_days (
    day date not null,
    region text not null,
    user_id text not null,
    primary key (day, region, user_id)
);

-- All days of a user: for the first one, and for retention.
create index listener_days_user on listener_days (user_id, day);

comment on table listener_days is 'who started or ended playback on which UTC day and in which region, as of the last musicstream_rollup_listening(); names users: musicstream_forget_user() clears it';
comment on index listener_days_user is 'finds the days of a user';

select pg_catalog.pg_extension_config_dump('listener_days', '');
create table listener_first_days (
    user_id text not null primary key,
    day date not null
);

create index listener_first_days_day on listener_first_days (day);

comment on table listener_first_days is 'the first UTC day on which each user started or ended playback; names users: musicstream_forget_user() clears it';
comment on index listener_first_days_day is 'finds the users that were new on a day';

select pg_catalog.pg_extension_config_dump('listener_first_days', '');
-- A play that began before midnight goes on after it, and so does a session: the first quarters of the first day that
-- is not frozen cannot be counted without these.
create table frozen_playback (
    event_id uuid not null,
    user_id text not null,
    event_type text not null,
    region text not null,
    ts timestamptz not null,
    song_id text,
    primary key (event_id, ts)
);

comment on table frozen_playback is 'the last events of the newest frozen day, as far back as a later day can depend on them; names users: musicstream_forget_user() clears it';

select pg_catalog.pg_extension_config_dump('frozen_playback', '');
create table frozen_listeners (
    day date not null,
    region text not null,
    new_listeners bigint not null,
    returning_listeners bigint not null,
    day_1 bigint not null,
    day_7 bigint not null,
    day_28 bigint not null,
    primary key (day, region)
);

comment on table frozen_listeners is 'numbers of new_listeners and listener_retention of frozen days for which no day that is not frozen matters any more; listener_days has forgotten who they were';
comment on column frozen_listeners.day_1 is 'of the new listeners, those who were active on the day after';
comment on column frozen_listeners.day_7 is 'of the new listeners, those who were active on the seventh day after';
comment on column frozen_listeners.day_28 is 'of the new listeners, those who were active on the 28th day after';

select pg_catalog.pg_extension_config_dump('frozen_listeners', '');
-- Not dumped: where rows lie is another place after a restore. What is wrong here costs time and nothing else, see
-- musicstream_read_leaf().
create table hour_blocks (
    hour timestamptz not null primary key,
    blocks int4multirange not null
);

comment on table hour_blocks is 'in which blocks of a day''s partition the events of each UTC hour lie, as far as musicstream_rollup_listening() has looked';

create table scanned_leaves (
    day date not null primary key,
    blocks integer not null
);

comment on table scanned_leaves is 'how far hour_blocks knows the partition of a UTC day';
comment on column scanned_leaves.blocks is 'events before this block are in hour_blocks';

create or replace function musicstream_idle_after() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_idle_after_wrapper';

comment on function musicstream_idle_after() is 'the setting musicstream.idle_after';

create or replace function musicstream_max_listen() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_max_listen_wrapper';

comment on function musicstream_max_listen() is 'the setting musicstream.max_listen';

create or replace function musicstream_stream_after() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_stream_after_wrapper';

comment on function musicstream_stream_after() is 'the setting musicstream.stream_after';

create or replace function musicstream_session_gap() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_session_gap_wrapper';

comment on function musicstream_session_gap() is 'the setting musicstream.session_gap';

create or replace function musicstream_sketch_estimate(sketch bytea) returns double precision
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_estimate_wrapper';

comment on function musicstream_sketch_estimate(bytea) is 'how many distinct values an HLL sketch has seen; standard error 0.8 % at lg_k 14';

create or replace function musicstream_sketch_canonical(sketches bytea[]) returns bytea
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_canonical_wrapper';

comment on function musicstream_sketch_canonical(bytea[]) is 'HLL sketches merged into one whose bytes depend on the set of users alone: equal if they have seen the same; null: one is no sketch, or there is none';

create or replace function musicstream_sketch_add(state internal, user_id text) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_add_wrapper';

comment on function musicstream_sketch_add(internal, text) is 'transition function of musicstream_sketch()';

create or replace function musicstream_sketch_bytes(state internal) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_bytes_wrapper';

comment on function musicstream_sketch_bytes(internal) is 'final function of musicstream_sketch() and musicstream_sketch_union()';

create or replace aggregate musicstream_sketch(user_id text) (
    sfunc = musicstream_sketch_add,
    stype = internal,
    sspace = 20000,
    finalfunc = musicstream_sketch_bytes,
    parallel = safe
);

comment on aggregate musicstream_sketch(text) is 'HLL sketch of distinct user_ids, as daily_listeners holds them; null of no rows';

create or replace function musicstream_sketch_merge(state internal, sketch bytea) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_merge_wrapper';

comment on function musicstream_sketch_merge(internal, bytea) is 'transition function of musicstream_sketch_union()';

create or replace aggregate musicstream_sketch_union(sketch bytea) (
    sfunc = musicstream_sketch_merge,
    stype = internal,
    sspace = 20000,
    finalfunc = musicstream_sketch_bytes,
    parallel = safe
);

comment on aggregate musicstream_sketch_union(bytea) is 'merges HLL sketches: who is in several of them is counted once; null of no rows';

create or replace function musicstream_sketch_grown(sketch bytea, added bytea) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_grown_wrapper';

comment on function musicstream_sketch_grown(bytea, bytea) is 'both HLL sketches merged; null: the first has seen all users of the second, or there is no second';

create or replace function musicstream_settled_before() returns timestamptz
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
    return (
        select s.watermark - (
            select greatest(max(r.max_listen), max(r.session_gap)) from @extschema@.listening_rules as r
        )
        from @extschema@.rollup_state as s
    );

comment on function musicstream_settled_before() is 'listening before this time is settled where it is counted: the watermark less the larger of max_listen and session_gap, of any rule so far; null: no watermark yet';

-- An event ends a play that began up to max_listen before it, begins one that lasts up to max_listen, and decides whether
-- an event up to session_gap after it begins a session.
create or replace function musicstream_touched_quarters(hours timestamptz[]) returns tstzmultirange
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select coalesce(
        range_agg(tstzrange(
            date_bin('15 minutes', t.hour - r.back, 'epoch'),
            date_bin('15 minutes', t.hour + interval '75 minutes' + r.ahead - interval '1 microsecond', 'epoch')
        )),
        '{}'
    )
    from unnest(hours) as t (hour)
    cross join (
        select max(l.max_listen) as back, greatest(max(l.max_listen), max(l.session_gap)) as ahead
        from @extschema@.listening_rules as l
    ) as r
    where r.back is not null;
end;

comment on function musicstream_touched_quarters(timestamptz[]) is 'the quarters whose numbers of listening depend on the events of these UTC hours, by any rule so far';

create or replace function musicstream_uncounted() returns tstzmultirange
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select @extschema@.musicstream_touched_quarters(array(
        select hour from @extschema@.touched_hours
        union
        select hour from @extschema@.metric_deltas
    ));
end;

comment on function musicstream_uncounted() is 'the quarters whose numbers of listening do not have all events yet that are stored: musicstream_rollup_listening() has still to count them';

create or replace function musicstream_minute_events(minutes bytea, minute timestamptz) returns bigint
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_minute_events_wrapper';

comment on function musicstream_minute_events(bytea, timestamptz) is 'how many events of this minute packed minutes of its hour count';

create or replace function musicstream_minute_late_events(minutes bytea, minute timestamptz) returns bigint
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_minute_late_events_wrapper';

comment on function musicstream_minute_late_events(bytea, timestamptz) is 'how many late events of this minute packed minutes of its hour count';

create or replace function musicstream_minutes_plus(minutes bytea, others bytea) returns bytea
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_minutes_plus_wrapper';

comment on function musicstream_minutes_plus(bytea, bytea) is 'the sum of packed minutes, minute by minute';

create or replace function musicstream_unpack(
    hour timestamptz,
    minutes bytea
) returns table (minute timestamptz, events bigint, late_events bigint)
    language c immutable strict parallel safe rows 60
    as 'MODULE_PATHNAME', 'musicstream_unpack_wrapper';

comment on function musicstream_unpack(timestamptz, bytea) is 'the packed minutes of this hour as rows, those without a count left out';

create or replace function musicstream_packed(state internal) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_packed_wrapper';

comment on function musicstream_packed(internal) is 'final function of musicstream_pack() and musicstream_minutes_sum()';

create or replace function musicstream_pack_minute(state internal, minute timestamptz, events bigint, late_events bigint) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_pack_minute_wrapper';

comment on function musicstream_pack_minute(internal, timestamptz, bigint, bigint) is 'transition function of musicstream_pack()';

create or replace aggregate musicstream_pack(minute timestamptz, events bigint, late_events bigint) (
    sfunc = musicstream_pack_minute,
    stype = internal,
    sspace = 1000,
    finalfunc = musicstream_packed,
    parallel = safe
);

comment on aggregate musicstream_pack(timestamptz, bigint, bigint) is 'packs the counts of the minutes of one hour, as in minute_counts';

create or replace function musicstream_pack_minutes(state internal, minutes bytea) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_pack_minutes_wrapper';

comment on function musicstream_pack_minutes(internal, bytea) is 'transition function of musicstream_minutes_sum()';

create or replace aggregate musicstream_minutes_sum(minutes bytea) (
    sfunc = musicstream_pack_minutes,
    stype = internal,
    sspace = 1000,
    finalfunc = musicstream_packed,
    parallel = safe
);

comment on aggregate musicstream_minutes_sum(bytea) is 'the sum of packed minutes of several rows, minute by minute';

-- One statement reads both parts in one snapshot, and a rollup moves rows between them in one transaction:
-- the sum is exact at every instant.
--
-- Beside raw_events in one statement at READ COMMITTED there is one exception: Postgres plans before it takes the
-- snapshot, so a plan may lack a day's partition whose deltas the snapshot has. It takes a batch that makes a
-- partition to commit in between: rollups make those of the next days ahead, the ingestor makes its own in a
-- transaction before the batch, only the inbox makes old days together with their events. In a transaction at
-- REPEATABLE READ, and in musicstream_verify(), the snapshot comes first.
-- Most days have nothing pending and are read as they stand; the others are summed up.
create or replace view live_daily_metrics as
with pending as (
    select
        (hour at time zone 'UTC')::date as day,
        event_type,
        region,
        sum(events)::bigint as events,
        sum(late_events)::bigint as late_events
    from metric_deltas
    group by 1, 2, 3
), live as (
    select day, event_type, region, events, late_events, updated_at
    from daily_metrics
    where day not in (select day from pending) -- hashed
    union all
    select day, event_type, region, sum(events)::bigint, sum(late_events)::bigint, max(updated_at)
    from (
        select day, event_type, region, events, late_events, updated_at
        from daily_metrics
        where day = any (array(select distinct day from pending)) -- by the index
        union all
        select day, event_type, region, events, late_events, null
        from pending
    ) as part
    group by day, event_type, region
)
select
    day,
    event_type,
    region,
    events,
    late_events,
    updated_at,
    coalesce(day < (select (watermark at time zone 'UTC')::date from rollup_state), false) as is_final
from live
where events <> 0;

comment on view live_daily_metrics is 'daily_metrics plus what waits for the rollup: exact now; to compare it with raw_events in one statement, do so at REPEATABLE READ';
comment on column live_daily_metrics.updated_at is 'when a rollup last changed the day; null: no rollup has seen it yet';
comment on column live_daily_metrics.is_final is 'the watermark is past the end of the day; what still comes counts as late';

-- The index of minute_counts knows hours. A filter on minute is applied to the series, and each minute that is left looks
-- its hour up: only the hours that were asked for are read. The series itself takes 40 ms a year that is stored.
create or replace view minute_metrics as
select
    s.minute,
    c.event_type,
    c.region,
    musicstream_minute_events(c.minutes, s.minute) as events,
    musicstream_minute_late_events(c.minutes, s.minute) as late_events
from (
    select generate_series(
        (select min(hour) from minute_counts),
        (select max(hour) + interval '59 minutes' from minute_counts),
        interval '1 minute'
    ) as minute
) as s
join minute_counts as c on c.hour = date_bin('1 hour', s.minute, 'epoch'::timestamptz)
where musicstream_minute_events(c.minutes, s.minute) <> 0;

comment on view minute_metrics is 'events by minute, event type and region, as of the last rollup';
comment on column minute_metrics.late_events is 'of these events, those that came when their day was final';

-- As minute_metrics. minute_metrics_between() needs no series.
create or replace view live_minute_metrics as
select
    s.minute,
    p.event_type,
    p.region,
    sum(musicstream_minute_events(p.minutes, s.minute))::bigint as events,
    sum(musicstream_minute_late_events(p.minutes, s.minute))::bigint as late_events
from (
    select generate_series(
        least((select min(hour) from minute_counts), (select min(hour) from metric_deltas)),
        greatest((select max(hour) from minute_counts), (select max(hour) from metric_deltas)) + interval '59 minutes',
        interval '1 minute'
    ) as minute
) as s
join (
    select hour, event_type, region, minutes from minute_counts
    union all
    select hour, event_type, region, minutes from metric_deltas
) as p on p.hour = date_bin('1 hour', s.minute, 'epoch'::timestamptz)
group by s.minute, p.event_type, p.region
having sum(musicstream_minute_events(p.minutes, s.minute)) <> 0;

comment on view live_minute_metrics is 'minute_metrics plus what waits for the rollup: exact now; minute_metrics_between() reads a span of it faster';
comment on column live_minute_metrics.late_events is 'of these events, those that came when their day was final';

create or replace view hourly_metrics as
select
    hour,
    event_type,
    region,
    sum(events)::bigint as events,
    sum(late_events)::bigint as late_events
from (
    select hour, event_type, region, events, late_events from minute_counts
    union all
    select hour, event_type, region, events, late_events from metric_deltas
) as part
group by hour, event_type, region
having sum(events) <> 0;

comment on view hourly_metrics is 'events by UTC hour, event type and region, what waits for the rollup included: exact now';
comment on column hourly_metrics.late_events is 'of these events, those that came when their UTC day was final';

create or replace function minute_metrics_between(
    from_minute timestamptz,
    to_minute timestamptz,
    out minute timestamptz,
    out event_type text,
    out region text,
    out events bigint,
    out late_events bigint
) returns setof record
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select u.minute, p.event_type, p.region, sum(u.events)::bigint, sum(u.late_events)::bigint
    from (
        select c.hour, c.event_type, c.region, c.minutes
        from @extschema@.minute_counts as c
        where c.hour >= date_bin('1 hour', from_minute, 'epoch') and c.hour < to_minute
        union all
        select d.hour, d.event_type, d.region, d.minutes
        from @extschema@.metric_deltas as d
        where d.hour >= date_bin('1 hour', from_minute, 'epoch') and d.hour < to_minute
    ) as p
    cross join lateral @extschema@.musicstream_unpack(p.hour, p.minutes) as u
    where u.minute >= from_minute and u.minute < to_minute
    group by u.minute, p.event_type, p.region
    having sum(u.events) <> 0;
end;

comment on function minute_metrics_between(timestamptz, timestamptz) is 'live_minute_metrics from one minute up to another, which is not included: exact now, and only these hours are read';

-- Only cells with something pending are merged anew; the others are read as they stand, by the index where a day is
-- asked for.
create or replace view live_daily_listeners as
with pending as (
    select distinct day, region from listener_deltas
), live as (
    select day, region, listeners, updated_at
    from daily_listeners
    where (day, region) not in (select day, region from pending) -- hashed
    union all
    select day, region, round(musicstream_sketch_estimate(musicstream_sketch_union(sketch)))::bigint, max(updated_at)
    from (
        select day, region, sketch, updated_at from daily_listeners where (day, region) in (select day, region from pending)
        union all
        select day, region, sketch, null from listener_deltas
    ) as part
    group by day, region
)
select
    day,
    region,
    listeners,
    updated_at,
    coalesce(day < (select (watermark at time zone 'UTC')::date from rollup_state), false) as is_final
from live;

comment on view live_daily_listeners is 'distinct users by UTC day and region, what waits for the rollup included';
comment on column live_daily_listeners.listeners is 'an estimate; standard error 0.8 %';
comment on column live_daily_listeners.updated_at is 'when a rollup last changed the row; null: no rollup has seen it yet';
comment on column live_daily_listeners.is_final is 'the watermark is past the end of the day';

create or replace view quarter_listening as
select
    c.quarter,
    c.region,
    c.plays,
    c.streams,
    c.skips,
    c.listened_us * 0.000001 as listening_seconds,
    c.sessions,
    coalesce(
        c.quarter + interval '15 minutes' <= s.settled_before
            and not tstzrange(c.quarter, c.quarter + interval '15 minutes') && s.uncounted,
        false
    ) as is_settled
from listening_counts as c
cross join (
    select musicstream_settled_before() as settled_before, musicstream_uncounted() as uncounted
    offset 0 -- once for all rows
) as s;

comment on view quarter_listening is 'listening by quarter of an hour and region, as of the last musicstream_rollup_listening(); plays, streams, skips and sessions count where they began, seconds where they fall';
comment on column quarter_listening.streams is 'plays of at least musicstream.stream_after';
comment on column quarter_listening.skips is 'shorter plays that an event ended, not musicstream.max_listen';
comment on column quarter_listening.listening_seconds is 'exact to the microsecond';
comment on column quarter_listening.is_settled is 'counted with all that is stored, and the watermark is past all that belongs to it; what still comes is counted all the same';

create or replace view hourly_listening as
select
    date_bin('1 hour', c.quarter, 'epoch'::timestamptz) as hour,
    c.region,
    sum(c.plays)::bigint as plays,
    sum(c.streams)::bigint as streams,
    sum(c.skips)::bigint as skips,
    sum(c.listened_us) * 0.000001 as listening_seconds,
    sum(c.sessions)::bigint as sessions,
    coalesce(
        date_bin('1 hour', c.quarter, 'epoch'::timestamptz) + interval '1 hour' <= s.settled_before
            and not tstzrange(
                date_bin('1 hour', c.quarter, 'epoch'::timestamptz),
                date_bin('1 hour', c.quarter, 'epoch'::timestamptz) + interval '1 hour'
            ) && s.uncounted,
        false
    ) as is_settled
from listening_counts as c
cross join (
    select musicstream_settled_before() as settled_before, musicstream_uncounted() as uncounted
    offset 0 -- once for all rows
) as s
group by 1, 2, s.settled_before, s.uncounted;

comment on view hourly_listening is 'quarter_listening by UTC hour';
comment on column hourly_listening.listening_seconds is 'exact to the microsecond';
comment on column hourly_listening.is_settled is 'all quarters of the hour are settled: see quarter_listening';

create or replace view daily_listening as
select
    (c.quarter at time zone 'UTC')::date as day,
    c.region,
    sum(c.plays)::bigint as plays,
    sum(c.streams)::bigint as streams,
    sum(c.skips)::bigint as skips,
    sum(c.listened_us) * 0.000001 as listening_seconds,
    sum(c.sessions)::bigint as sessions,
    coalesce(
        date_bin('1 day', c.quarter, 'epoch'::timestamptz) + interval '1 day' <= s.settled_before
            and not tstzrange(
                date_bin('1 day', c.quarter, 'epoch'::timestamptz),
                date_bin('1 day', c.quarter, 'epoch'::timestamptz) + interval '1 day'
            ) && s.uncounted,
        false
    ) as is_settled
from listening_counts as c
cross join (
    select musicstream_settled_before() as settled_before, musicstream_uncounted() as uncounted
    offset 0 -- once for all rows
) as s
group by 1, 2, date_bin('1 day', c.quarter, 'epoch'::timestamptz), s.settled_before, s.uncounted;

comment on view daily_listening is 'quarter_listening by UTC day; daily_listening_at() has the days of other zones';
comment on column daily_listening.listening_seconds is 'exact to the microsecond';
comment on column daily_listening.is_settled is 'all quarters of the day are settled: see quarter_listening';

create or replace function musicstream_unpack_songs(
    songs bytea
) returns table (song_id text, plays bigint, streams bigint, skips bigint, listened_us bigint)
    language c immutable strict parallel safe rows 1000
    as 'MODULE_PATHNAME', 'musicstream_unpack_songs_wrapper';

comment on function musicstream_unpack_songs(bytea) is 'the packed songs as rows';

create or replace function musicstream_add_songs(state internal, songs bytea) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_add_songs_wrapper';

comment on function musicstream_add_songs(internal, bytea) is 'transition function of musicstream_songs_sum()';

create or replace function musicstream_packed_songs(state internal) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_packed_songs_wrapper';

comment on function musicstream_packed_songs(internal) is 'final function of musicstream_songs_sum()';

create or replace aggregate musicstream_songs_sum(songs bytea) (
    sfunc = musicstream_add_songs,
    stype = internal,
    sspace = 100000,
    finalfunc = musicstream_packed_songs,
    parallel = safe
);

comment on aggregate musicstream_songs_sum(bytea) is 'the sum of packed songs of several rows, song by song';

create or replace view daily_songs as
select
    c.day,
    c.region,
    s.song_id,
    s.plays,
    s.streams,
    s.skips,
    s.listened_us * 0.000001 as listening_seconds
from (
    select (k.quarter at time zone 'UTC')::date as day, k.region, musicstream_songs_sum(k.songs) as songs
    from song_counts as k
    group by (k.quarter at time zone 'UTC')::date, k.region
) as c
cross join lateral musicstream_unpack_songs(c.songs) as s;

comment on view daily_songs is 'listening by UTC day, region and song, of plays that name a song, as of the last musicstream_rollup_listening(); top_songs() sums up a span of days faster';
comment on column daily_songs.listening_seconds is 'exact to the microsecond';

create or replace view active_listeners as
with sketches as (
    select day, region, sketch from daily_listeners
    union all
    select day, region, sketch from listener_deltas
)
select
    d.day,
    d.region,
    round(musicstream_sketch_estimate(s.sketch_1_day))::bigint as listeners_1_day,
    round(musicstream_sketch_estimate(s.sketch_7_days))::bigint as listeners_7_days,
    round(musicstream_sketch_estimate(s.sketch_28_days))::bigint as listeners_28_days
from (
    select day, region from daily_listeners
    union
    select day, region from listener_deltas
) as d
cross join lateral (
    select
        musicstream_sketch_union(k.sketch) filter (where k.day = d.day) as sketch_1_day,
        musicstream_sketch_union(k.sketch) filter (where k.day > d.day - 7) as sketch_7_days,
        musicstream_sketch_union(k.sketch) as sketch_28_days
    from sketches as k
    where k.region = d.region and k.day > d.day - 28 and k.day <= d.day
) as s;

comment on view active_listeners is 'distinct users by UTC day and region, of that day and of the 7 and 28 days up to and with it, what waits for the rollup included; a day on which a region had no one has no row';
comment on column active_listeners.listeners_1_day is 'an estimate; standard error 0.8 %';
comment on column active_listeners.listeners_7_days is 'an estimate; standard error 0.8 %';
comment on column active_listeners.listeners_28_days is 'an estimate; standard error 0.8 %';

create or replace view new_listeners as
select
    d.day,
    d.region,
    count(*) filter (where f.day = d.day) as new_listeners,
    count(*) filter (where f.day < d.day) as returning_listeners
from listener_days as d
join listener_first_days as f using (user_id)
group by d.day, d.region
union all
select day, region, new_listeners, returning_listeners from frozen_listeners;

comment on view new_listeners is 'users who started or ended playback on a UTC day and in a region, as of the last musicstream_rollup_listening(): exact; who was active in two regions is counted in both';
comment on column new_listeners.new_listeners is 'those whose first day it was, in whatever region';
comment on column new_listeners.returning_listeners is 'those who had been active on an earlier day';

create or replace view listener_retention as
select
    c.day,
    c.region,
    c.new_listeners,
    case when c.day + 1 < o.day then c.day_1 end as day_1,
    case when c.day + 7 < o.day then c.day_7 end as day_7,
    case when c.day + 28 < o.day then c.day_28 end as day_28
from (
    select
        d.day,
        d.region,
        count(*) as new_listeners,
        count(*) filter (where exists (select from listener_days as l where l.user_id = d.user_id and l.day = d.day + 1)) as day_1,
        count(*) filter (where exists (select from listener_days as l where l.user_id = d.user_id and l.day = d.day + 7)) as day_7,
        count(*) filter (where exists (select from listener_days as l where l.user_id = d.user_id and l.day = d.day + 28)) as day_28
    from listener_days as d
    join listener_first_days as f on f.user_id = d.user_id and f.day = d.day
    group by d.day, d.region
    union all
    select day, region, new_listeners, day_1, day_7, day_28 from frozen_listeners where new_listeners > 0
) as c
left join (select (s.watermark at time zone 'UTC')::date as day from rollup_state as s) as o on true;

comment on view listener_retention is 'of the users who were new on a UTC day and in a region, how many were active one, seven and 28 days later, in whatever region, as of the last musicstream_rollup_listening(): exact';
comment on column listener_retention.day is 'the first day of these users';
comment on column listener_retention.day_1 is 'null: by the watermark, the day after is not over';
comment on column listener_retention.day_7 is 'null: by the watermark, the seventh day after is not over';
comment on column listener_retention.day_28 is 'null: by the watermark, the 28th day after is not over';

create or replace view musicstream_progress as
with judged as (
    select
        o.*,
        case
            when o.released_at is not null then 'released'
            when o.max_event_ts is null then 'empty'
            when o.updated_at < clock_timestamp() - musicstream_idle_after() then 'idle'
            else 'active'
        end as state
    from ingest_offsets as o
)
select
    source,
    partition,
    state,
    next_offset,
    epoch,
    owner,
    max_event_ts,
    now() - max_event_ts as lag,
    state = 'active' and max_event_ts = min(max_event_ts) filter (where state = 'active') over () as holds_watermark,
    updated_at
from judged;

comment on view musicstream_progress is 'how far each source partition is, and which of them the watermark follows';
comment on column musicstream_progress.state is 'active: the watermark follows the slowest of these; idle: nothing came for musicstream.idle_after; empty: no event time seen yet; released: its owner gave it up';
comment on column musicstream_progress.max_event_ts is 'newest event time seen, clocks ahead of ours left out';
comment on column musicstream_progress.lag is 'how long ago that was';
comment on column musicstream_progress.holds_watermark is 'it is the slowest of the active ones';
comment on column musicstream_progress.updated_at is 'when it last moved';

-- Asked every other second: nothing here may cost more with what is stored, nor without end with what waits.
create or replace view musicstream_status as
select
    s.watermark,
    (select count(*) from (select from metric_deltas limit 100000) as pending) as pending_deltas,
    (select count(*) from (select from staging_events limit 100000) as waiting) as staged,
    coalesce(r.rejected, 0)::bigint as rejected,
    s.last_rollup_at,
    coalesce(s.revision, 0) as revision,
    coalesce(r.by_reason, '{}') as rejected_by_reason,
    s.last_rollup_ms,
    s.last_rollup_deltas,
    p.newest_event_ts,
    now() - p.newest_event_ts as lag,
    p.active_partitions,
    p.idle_partitions,
    (select count(*) from (select from touched_hours limit 100000) as waiting) as touched_hours
from (
    select
        max(max_event_ts) as newest_event_ts,
        count(*) filter (where state = 'active') as active_partitions,
        count(*) filter (where state = 'idle') as idle_partitions
    from musicstream_progress
) as p
cross join (
    select sum(rejected) as rejected, jsonb_object_agg(reason, rejected) as by_reason
    from (select reason, sum(rejected) as rejected from reject_counts group by reason having sum(rejected) <> 0) as summed
) as r
left join rollup_state as s on true;

comment on view musicstream_status is 'one row that says how the pipeline is doing';
comment on column musicstream_status.watermark is 'event time up to which all is believed to have come; musicstream_progress tells which partition it follows';
comment on column musicstream_status.pending_deltas is 'rows of metric_deltas that wait for the rollup; 100000: as many, or more';
comment on column musicstream_status.staged is 'rows of staging_events that wait for the upsert; 100000: as many, or more';
comment on column musicstream_status.rejected is 'rows of rejected_events';
comment on column musicstream_status.revision is 'grows with every rollup that changed a metric';
comment on column musicstream_status.rejected_by_reason is 'rows of rejected_events by reason';
comment on column musicstream_status.last_rollup_ms is 'how long the last rollup took, in milliseconds';
comment on column musicstream_status.last_rollup_deltas is 'how many rows of metric_deltas the last rollup folded';
comment on column musicstream_status.newest_event_ts is 'newest event time seen, clocks ahead of ours left out';
comment on column musicstream_status.lag is 'how long ago that was';
comment on column musicstream_status.active_partitions is 'source partitions that the watermark follows';
comment on column musicstream_status.idle_partitions is 'source partitions from which nothing came for musicstream.idle_after';
comment on column musicstream_status.touched_hours is 'rows of touched_hours that wait for musicstream_rollup_listening(); 100000: as many, or more';

create or replace function musicstream_event_id(value text) returns uuid
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_event_id_wrapper';

comment on function musicstream_event_id(text) is 'the UUID that an event_id in the wire format names; null if it is none';

create or replace function musicstream_ts(value text) returns timestamptz
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_ts_wrapper';

comment on function musicstream_ts(text) is 'the time that a ts in the wire format names, UTC where it has no zone; null if it is none';

create or replace function musicstream_refusal(
    event_id text, user_id text, event_type text, region text, ts text, song_id text, device text
) returns text[]
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_refusal_wrapper';

comment on function musicstream_refusal(text, text, text, text, text, text, text) is 'why these fields are no event in the wire format, as reason and detail; null if they are one';

create or replace function musicstream_event_json(
    event_id text, user_id text, event_type text, region text, ts text, song_id text, device text
) returns bytea
    language sql stable parallel safe
    set search_path = pg_catalog, pg_temp
    return convert_to(json_strip_nulls(json_build_object(
        'event_id', event_id, 'user_id', user_id, 'event_type', event_type, 'region', region, 'ts', ts,
        'song_id', song_id, 'device', device
    ))::text, 'UTF8');

comment on function musicstream_event_json(text, text, text, text, text, text, text) is 'an event in the wire format, for rejected events whose writer kept no bytes';

-- What is typed is written as the wire format has it.
create or replace function musicstream_event_json(
    event_id uuid, user_id text, event_type text, region text, ts timestamptz, song_id text, device text
) returns bytea
    language sql stable parallel safe
    set search_path = pg_catalog, pg_temp
    return @extschema@.musicstream_event_json(
        event_id::text, user_id, event_type, region,
        case
            when ts >= '0001-01-01T00:00:00Z' and ts < 'infinity'
                then to_char(ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            else ts::text -- no time in the wire format, and to_char() has no word for it
        end,
        song_id, device
    );

comment on function musicstream_event_json(uuid, text, text, text, timestamptz, text, text) is 'a stored or staged event in the wire format, for rejected events whose writer kept no bytes';

create or replace function musicstream_watermark() returns timestamptz
    language sql stable parallel safe
    set search_path = pg_catalog, @extschema@, pg_temp
    return (select s.watermark from @extschema@.rollup_state as s);

comment on function musicstream_watermark() is 'event time up to which all is believed to have come; null before the first rollup with events';

-- The row lock makes a claim wait for the batch that the former owner is committing; whatever that owner tries
-- afterwards meets a newer epoch.
create or replace function musicstream_claim(
    source text,
    partition integer,
    owner text,
    out next_offset bigint,
    out epoch bigint,
    out checksum bytea,
    out leader_epoch integer
)
    language sql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    insert into @extschema@.ingest_offsets as o (source, partition, owner, epoch)
    values (musicstream_claim.source, musicstream_claim.partition, musicstream_claim.owner, 1)
    on conflict on constraint ingest_offsets_pkey do update
        set epoch = o.epoch + 1, owner = excluded.owner, updated_at = now(), released_at = null
    returning o.next_offset, o.epoch, o.checksum, o.leader_epoch;
end;

comment on function musicstream_claim(text, integer, text) is 'takes a source partition over: says where to go on, and fences the former owner';

revoke execute on function musicstream_claim(text, integer, text) from public;

-- A compare-and-swap on epoch and offset. The epoch stops a former owner, the offset stops the same owner from
-- storing a batch twice, and both stop an owner whose database went back in time.
--
-- A call without a checksum keeps the stored one: it is the id of the Kafka topic, which a broker of an old version
-- does not tell. A leader epoch is not kept: that of an earlier offset is no evidence for this one.
create or replace function musicstream_advance(
    source text,
    partition integer,
    from_offset bigint,
    to_offset bigint,
    epoch bigint,
    checksum bytea default null,
    leader_epoch integer default null
) returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    held record;
begin
    if to_offset is null or to_offset < from_offset then
        raise exception 'cannot advance from offset % to offset %', from_offset, to_offset
            using errcode = 'invalid_parameter_value';
    end if;

    update @extschema@.ingest_offsets as o
    set next_offset = to_offset,
        checksum = coalesce(musicstream_advance.checksum, o.checksum),
        leader_epoch = musicstream_advance.leader_epoch,
        updated_at = now()
    where o.source = musicstream_advance.source
        and o.partition = musicstream_advance.partition
        and o.epoch = musicstream_advance.epoch
        and o.next_offset is not distinct from from_offset;

    if not found then
        select o.next_offset, o.epoch, o.owner into held
        from @extschema@.ingest_offsets as o
        where o.source = musicstream_advance.source and o.partition = musicstream_advance.partition;

        raise exception 'fenced: partition % of source "%" is not at offset % under epoch %',
            partition, source, coalesce(from_offset::text, 'none'), epoch
            using
                errcode = 'MS001',
                detail = case
                    when held.epoch is null then 'No one has claimed it.'
                    else format('It is at offset %s under epoch %s, owned by "%s".',
                        coalesce(held.next_offset::text, 'none'), held.epoch, held.owner)
                end,
                hint = 'Roll back, call musicstream_claim(), and go on from the offset that it returns.';
    end if;
end
$$;

comment on function musicstream_advance(text, integer, bigint, bigint, bigint, bytea, integer) is 'moves a source partition on by one batch, in the transaction of the batch; raises MS001 to all but the owner at that very offset';

revoke execute on function musicstream_advance(text, integer, bigint, bigint, bigint, bytea, integer) from public;

-- The epoch grows, so that a batch that is still under way does not come after it.
create or replace function musicstream_release(source text, partition integer, epoch bigint) returns boolean
    language sql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    with released as (
        update @extschema@.ingest_offsets as o
        set owner = null, epoch = o.epoch + 1, released_at = now(), updated_at = now()
        where o.source = musicstream_release.source
            and o.partition = musicstream_release.partition
            and o.epoch = musicstream_release.epoch
            and o.released_at is null
        returning 1
    )
    select exists (select from released);
end;

comment on function musicstream_release(text, integer, bigint) is 'gives a source partition up that has ended, such as a file, or that its owner leaves: it no longer holds the watermark back; false to all but the owner of this epoch';

revoke execute on function musicstream_release(text, integer, bigint) from public;

create or replace function musicstream_is_plausible(ts timestamptz) returns boolean
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_is_plausible_wrapper';

comment on function musicstream_is_plausible(timestamptz) is 'whether an event of this time is accepted, by musicstream.retention and musicstream.max_future';

create or replace function musicstream_premade_until() returns date
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_premade_until_wrapper';

comment on function musicstream_premade_until() is 'the last UTC day of which a rollup makes the partition now, by musicstream.premake';

create or replace function musicstream_frozen_before() returns date
    language sql stable parallel safe
    set search_path = pg_catalog, @extschema@, pg_temp
    return coalesce((select max(f.day) + 1 from @extschema@.frozen_days as f), '-infinity');

comment on function musicstream_frozen_before() is 'the first UTC day that is not frozen; -infinity: none is';

create or replace function musicstream_max_new_days() returns integer
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_max_new_days_wrapper';

comment on function musicstream_max_new_days() is 'of how many past UTC days events alone may make partitions within 24 hours, by musicstream.max_new_days';

-- The partition of a day has its name, holds that day and no other, and knows each event_id once: rows that went into
-- anything else would be lost to expiry, or counted twice. A table of that name alone says nothing.
create or replace function musicstream_days_without_partition(days date[]) returns date[]
    language plpgsql stable strict
    set search_path = pg_catalog, @extschema@, pg_temp
    -- Bounds are compared as they are printed.
    set timezone = 'UTC'
    set datestyle = 'ISO'
as $$
begin
    return array(
        select d.day
        from unnest(days) as d (day)
        where isfinite(d.day) and not exists (
            select
            from pg_class as c
            join pg_inherits as i on i.inhrelid = c.oid
            join pg_attribute as a on a.attrelid = c.oid and a.attname = 'event_id'
            join pg_index as x on x.indrelid = c.oid and x.indnkeyatts = 1 and x.indkey[0] = a.attnum
            where c.relname = 'raw_events_' || to_char(d.day, 'YYYYMMDD')
                and c.relnamespace = '@extschema@'::regnamespace
                and i.inhparent = '@extschema@.raw_events'::regclass
                and not i.inhdetachpending
                and pg_get_expr(c.relpartbound, c.oid)
                    = format('FOR VALUES FROM (''%s 00:00:00+00'') TO (''%s 00:00:00+00'')', d.day, d.day + 1)
                and x.indisunique
                and x.indisvalid
                and x.indpred is null
        )
    );
end
$$;

comment on function musicstream_days_without_partition(date[]) is 'those of these UTC days that have no partition of raw_events';

-- A standalone table that is then attached: CREATE TABLE … PARTITION OF would lock the root against all readers
-- and writers. Makers come one after another, so that two of them cannot wait for one another's days.
-- Each partition that is made takes nine locks, of which Postgres has a fixed number: so a call has a limit, and what
-- meets it can go on with fewer days.
create or replace function musicstream_provide_partitions(days date[], wait boolean, is_asked boolean)
    returns table (day date, reason text, detail text)
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    set client_min_messages = warning
as $$
#variable_conflict use_column
declare
    most constant integer := 100;
    missing date[] := @extschema@.musicstream_days_without_partition(days);
    leaf text;
    made integer := 0;
    frozen_before date;
    today date := (now() at time zone 'UTC')::date;
    room bigint;
begin
    if cardinality(missing) = 0 then
        return;
    end if;
    -- Before the other lock, which a batch takes while it holds this one; see musicstream_expire().
    lock table only @extschema@.raw_events in row exclusive mode;
    frozen_before := @extschema@.musicstream_frozen_before();
    if wait then
        lock table only @extschema@.partition_turn in share update exclusive mode;
    else
        begin
            lock table only @extschema@.partition_turn in share update exclusive mode nowait;
        exception when lock_not_available then
            return;
        end;
    end if;

    if not is_asked then
        delete from @extschema@.new_days where made_at <= now() - interval '24 hours';
        select @extschema@.musicstream_max_new_days() - count(*) into room from @extschema@.new_days;
    end if;

    -- Again: the lock may have waited for another maker. The newest first: where there is no room for all, those matter most.
    for day in
        select m.day from unnest(@extschema@.musicstream_days_without_partition(missing)) as m (day) order by m.day desc
    loop
        -- Else a wrong clock, or a hostile caller, could make tables without end.
        if day < frozen_before
            or not @extschema@.musicstream_is_plausible(day::timestamp at time zone 'UTC')
            and not @extschema@.musicstream_is_plausible((day + 1)::timestamp at time zone 'UTC' - interval '1 microsecond')
            and day not between today and @extschema@.musicstream_premade_until()
        then
            reason := 'no_partition';
            detail := 'events of that day are not accepted';
            return next;
            continue;
        end if;
        if day < today and room <= 0 then
            reason := 'too_many_new_days';
            detail := format('musicstream.max_new_days allows events to make partitions of %s past days in 24 hours',
                @extschema@.musicstream_max_new_days());
            return next;
            continue;
        end if;
        if made = most then
            raise exception 'more than % partitions cannot be made at once', most
                using errcode = 'program_limit_exceeded',
                    detail = format('The next one would be that of %s.', day),
                    hint = 'Make them with musicstream_make_partitions() beforehand, a transaction for each 100 days, or store fewer days at once.';
        end if;

        leaf := 'raw_events_' || to_char(day, 'YYYYMMDD');
        reason := null;
        detail := null;
        begin
            if to_regclass('@extschema@.' || leaf) is not null then
                raise duplicate_table using message = format('%s is in the way: it is not the partition of that day, or has no unique index on event_id',
                    to_regclass('@extschema@.' || leaf));
            end if;
            execute format('create table @extschema@.%I (like @extschema@.raw_events including all, primary key (event_id))', leaf);
            -- As of the root: see table/raw_events.sql.
            execute format('alter table @extschema@.%I replica identity full', leaf);
            execute format('alter table @extschema@.raw_events attach partition @extschema@.%I for values from (%L) to (%L)',
                leaf, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
            made := made + 1;
            if not is_asked and day < today then
                insert into @extschema@.new_days as n (day) values (day)
                on conflict on constraint new_days_pkey do update set made_at = excluded.made_at;
                room := room - 1;
            end if;
        exception
            -- A type of that name; a partition for more days than one; one for all others that has events of that day.
            when duplicate_table or duplicate_object or invalid_object_definition or check_violation then
                reason := 'no_partition';
                detail := sqlerrm;
                raise warning 'cannot make the partition of %', day
                    using errcode = sqlstate,
                        detail = format('%s.', detail),
                        hint = 'Rename, drop or detach what is in the way, or attach it for exactly that day with a unique index on event_id; then run  select * from musicstream_retry_rejected(''no_partition'').';
        end;
        return next;
    end loop;
end
$$;

comment on function musicstream_provide_partitions(date[], boolean, boolean) is 'makes the partitions of raw_events that these UTC days lack; wait false: not while another session makes some; is_asked false: of past days no more than musicstream.max_new_days in 24 hours; returns a row for each of them, with a reason where it could not';

revoke execute on function musicstream_provide_partitions(date[], boolean, boolean) from public;

-- A writer does well to call it in a transaction of its own before the batch. The lock is then held for a moment, and
-- no statement that was planned without the partition can run on a snapshot that has the partition's deltas.
create or replace function musicstream_make_partitions(days date[], wait boolean default true) returns integer
    language sql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select count(*)::integer from @extschema@.musicstream_provide_partitions(days, wait, true) as p where p.reason is null;
end;

comment on function musicstream_make_partitions(date[], boolean) is 'makes the partitions of raw_events for those of these UTC days whose events are accepted and that are not frozen, where they are missing, at most 100 at once; returns how many; wait false: not while another session makes some; warns of a day whose partition something is in the way of';

revoke execute on function musicstream_make_partitions(date[], boolean) from public;

-- For a writer that takes events as they come; who loads an archive asks for its days with musicstream_make_partitions().
create or replace function musicstream_prepare_days(days date[]) returns integer
    language sql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select count(*)::integer from @extschema@.musicstream_provide_partitions(days, true, false) as p where p.reason is null;
end;

comment on function musicstream_prepare_days(date[]) is 'makes the partitions that a batch with events of these UTC days would make, in a transaction before it; returns how many';

revoke execute on function musicstream_prepare_days(date[]) from public;

create or replace function musicstream_require_staging(name text) returns void
    language plpgsql stable strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    perform from pg_class as c
    where c.oid = to_regclass('pg_temp.' || name)
        and c.relowner = quote_ident(current_user)::regrole
        and c.relkind = 'r'
        and c.relpersistence = 't';
    if not found then
        raise exception 'there is no table pg_temp.% that musicstream_session_staging() made', name
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'Drop what has that name, and call musicstream_session_staging() once in each session.';
    end if;
end
$$;

comment on function musicstream_require_staging(text) is 'raises unless the temporary table is one that the extension made';

revoke execute on function musicstream_require_staging(text) from public;

-- The owner is the owner of this function, not the caller: the caller cannot add a rule, a trigger or a column,
-- nor put a view in its place, and code that runs with the owner's rights may read it.
create or replace function musicstream_session_staging() returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set client_min_messages = warning
as $$
begin
    if to_regclass('pg_temp.staging_batch') is not null then
        perform @extschema@.musicstream_require_staging('staging_batch');
        return;
    end if;
    create temporary table staging_batch (like @extschema@.staging_shape) on commit delete rows;
    -- A temporary table can be reached by its own session only.
    grant insert on pg_temp.staging_batch to public;
end
$$;

comment on function musicstream_session_staging() is 'makes pg_temp.staging_batch, where this session stages a batch for musicstream_upsert(source)';

revoke execute on function musicstream_session_staging() from public;

create or replace function musicstream_is_distributed() returns boolean
    language c stable
    set search_path = pg_catalog, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_is_distributed_wrapper';

comment on function musicstream_is_distributed() is 'whether Citus has distributed raw_events';

revoke execute on function musicstream_is_distributed() from public;

-- Tables of their own: the session may have a batch of its own staged in the same transaction.
create or replace function musicstream_stage(name text) returns void
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set client_min_messages = warning
as $$
declare
    is_filled boolean;
begin
    if to_regclass(format('pg_temp.%I', name)) is null then
        execute format('create temporary table %I (like @extschema@.staging_shape) on commit delete rows', name);
        return;
    end if;
    perform @extschema@.musicstream_require_staging(name);
    execute format('select exists (select from pg_temp.%I)', name) into is_filled;
    if is_filled then
        execute format('truncate pg_temp.%I', name);
    end if;
end
$$;

comment on function musicstream_stage(text) is 'makes a temporary table of this name, empty, through which inbox and rejected events are upserted';

revoke execute on function musicstream_stage(text) from public;

create or replace function musicstream_upsert(source text)
    returns table (staged bigint, inserted bigint, duplicate bigint, conflicting bigint, rejected bigint)
    language c volatile strict security definer rows 1
    set search_path = pg_catalog, @extschema@, pg_temp
    -- A stored event is looked up through the index of its day, however large the day: the cost of a batch follows the
    -- batch. The planner, which knows nothing of a day made a second ago, would rather read it.
    set enable_seqscan = off
    set jit = off -- the costs that this makes look like long queries
    set work_mem = '64MB' -- a batch is sorted in memory
    as 'MODULE_PATHNAME', 'musicstream_upsert_wrapper';

comment on function musicstream_upsert(text) is 'stores the batch in pg_temp.staging_batch: judges it, leaves out what is stored already, counts the rest into the metrics; source names where it came from';

revoke execute on function musicstream_upsert(text) from public;

create or replace function musicstream_upsert()
    returns table (staged bigint, inserted bigint, duplicate bigint, conflicting bigint, rejected bigint)
    language c volatile strict security definer rows 1
    set search_path = pg_catalog, @extschema@, pg_temp
    -- As in musicstream_upsert(source).
    set enable_seqscan = off
    set jit = off
    set work_mem = '64MB'
    -- Two sessions that take the inbox at once lock its rows in the same order, from the first page on. A synchronised scan
    -- would begin where another one is, and each could wait for rows that the other has.
    set synchronize_seqscans = off
    as 'MODULE_PATHNAME', 'musicstream_upsert_inbox_wrapper';

comment on function musicstream_upsert() is 'stores what is in staging_events';

revoke execute on function musicstream_upsert() from public;

create or replace function musicstream_is_own(xid xid) returns boolean
    language c stable strict
    as 'MODULE_PATHNAME', 'musicstream_is_own_wrapper';

comment on function musicstream_is_own(xid) is 'whether this transaction, or a subtransaction of it that was not rolled back, has this id: with xmin, whether it wrote a row';

-- Good rows are staged without their bytes, which would double what a batch moves. What the upsert then refused (an
-- unknown type, a conflict) gets them by this call, in the same transaction: rows of other transactions stay as they
-- are, for the caller may not change what is stored.
create or replace function musicstream_keep_bytes(
    source text,
    partitions integer[],
    positions bigint[],
    keys bytea[],
    payloads bytea[]
) returns bigint
    language sql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    with given as (
        select * from unnest(partitions, positions, keys, payloads) as g (partition, position, key, payload)
    ), refused as materialized (
        select
            r.rejected_id,
            g.key,
            g.payload,
            exists (
                select from @extschema@.rejected_events as o
                where o.source = musicstream_keep_bytes.source
                    and o.partition = g.partition
                    and o.position = g.position
                    and o.rejected_id <> r.rejected_id
                    and o.payload = g.payload
            ) as is_known
        from given as g
        join @extschema@.rejected_events as r
            on r.source = musicstream_keep_bytes.source and r.partition = g.partition and r.position = g.position
        where @extschema@.musicstream_is_own(r.xmin)
    ), kept as (
        update @extschema@.rejected_events as r
        set key = f.key, payload = f.payload
        from refused as f
        where r.rejected_id = f.rejected_id and not f.is_known
    ), known as (
        -- The record came before, and its bytes are there.
        delete from @extschema@.rejected_events as r
        using refused as f
        where r.rejected_id = f.rejected_id and f.is_known
    )
    select count(*) from refused;
end;

comment on function musicstream_keep_bytes(text, integer[], bigint[], bytea[], bytea[]) is 'gives rows of rejected_events that this transaction wrote their key and payload as they came; returns how many';

revoke execute on function musicstream_keep_bytes(text, integer[], bigint[], bytea[], bytea[]) from public;

create or replace function musicstream_rollup()
    returns table (
        staged bigint,
        inserted bigint,
        duplicate bigint,
        conflicting bigint,
        rejected bigint,
        folded_deltas bigint,
        watermark timestamptz
    )
    language c volatile strict security definer rows 1
    set search_path = pg_catalog, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_rollup_wrapper';

comment on function musicstream_rollup() is 'stores what is in staging_events, folds pending deltas into the metrics, advances the watermark, makes the partitions of the next days, notifies channel musicstream';

revoke execute on function musicstream_rollup() from public;

-- A function of its own, as all that read or change raw_events beside other tables: Citus plans a query over a distributed
-- table alone, but not one that also writes tables of this node.
-- STABLE: it reads by the snapshot of the statement that calls it. It is planned after that snapshot was taken, and so knows
-- each partition whose events the snapshot has. The bounds are constants to the planner: only their partitions are opened.
create or replace function musicstream_stored_minutes(
    from_ts timestamptz,
    to_ts timestamptz,
    out minute timestamptz,
    out event_type text,
    out region text,
    out events bigint
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    return query execute $stored$
        select date_bin('1 minute', r.ts, 'epoch'::timestamptz), r.event_type, r.region, count(*)
        from @extschema@.raw_events as r
        where r.ts >= $1 and r.ts < $2
        group by 1, 2, 3
        $stored$ using from_ts, to_ts;
end
$$;

comment on function musicstream_stored_minutes(timestamptz, timestamptz) is 'events stored, by minute, event type and region, from one time up to another, which is not included; null: no minutes';

-- STABLE and with a query of its own for the reasons of musicstream_stored_minutes().
create or replace function musicstream_stored_listeners(
    from_ts timestamptz,
    to_ts timestamptz,
    out day date,
    out region text,
    out sketch bytea
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    return query execute $stored$
        select (date_bin('1 day', r.ts, 'epoch'::timestamptz) at time zone 'UTC')::date, r.region, @extschema@.musicstream_sketch(r.user_id)
        from @extschema@.raw_events as r
        where r.ts >= $1 and r.ts < $2
        group by 1, 2
        $stored$ using from_ts, to_ts;
end
$$;

comment on function musicstream_stored_listeners(timestamptz, timestamptz) is 'sketches of the users of the events stored, by UTC day and region, from one time up to another, which is not included; null: none';

-- STABLE and with a query of its own for the reasons of musicstream_stored_minutes().
create or replace function musicstream_stored_events(
    event_ids uuid[],
    times timestamptz[],
    out event_id uuid,
    out user_id text,
    out event_type text,
    out region text,
    out ts timestamptz,
    out song_id text,
    out device text
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    return query execute $stored$
        select r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id, r.device
        from @extschema@.raw_events as r
        where (r.event_id, r.ts) in (select g.event_id, g.ts from unnest($1, $2) as g (event_id, ts))
            and r.ts >= $3 and r.ts <= $4
        $stored$ using event_ids, times,
            (select min(g.ts) from unnest(times) as g (ts)), (select max(g.ts) from unnest(times) as g (ts));
end
$$;

comment on function musicstream_stored_events(uuid[], timestamptz[]) is 'those of these events, given by id and time, that are stored';

revoke execute on function musicstream_stored_events(uuid[], timestamptz[]) from public;

-- A query of its own for the reasons of musicstream_stored_minutes().
create or replace function musicstream_remove_events(
    event_ids uuid[],
    times timestamptz[],
    out event_id uuid,
    out ts timestamptz,
    out event_type text,
    out region text
) returns setof record
    language plpgsql volatile
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    return query execute $removed$
        delete from @extschema@.raw_events as r
        where (r.event_id, r.ts) in (select g.event_id, g.ts from unnest($1, $2) as g (event_id, ts))
            and r.ts >= $3 and r.ts <= $4
        returning r.event_id, r.ts, r.event_type, r.region
        $removed$ using event_ids, times,
            (select min(g.ts) from unnest(times) as g (ts)), (select max(g.ts) from unnest(times) as g (ts));
end
$$;

comment on function musicstream_remove_events(uuid[], timestamptz[]) is 'removes these events, given by id and time, from raw_events alone; returns those that were there';

revoke execute on function musicstream_remove_events(uuid[], timestamptz[]) from public;

-- STABLE and with a query of its own for the reasons of musicstream_stored_minutes().
create or replace function musicstream_arrivals(
    minutes timestamptz[],
    event_types text[],
    regions text[],
    out event_id uuid,
    out ts timestamptz,
    out minute timestamptz,
    out event_type text,
    out region text,
    out ingested_at timestamptz
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
    set client_encoding = 'UTF8' -- in which Citus takes the arguments for those of the client
as $$
begin
    return query execute $stored$
        select r.event_id, r.ts, date_bin('1 minute', r.ts, 'epoch'::timestamptz), r.event_type, r.region, r.ingested_at
        from @extschema@.raw_events as r
        where (date_bin('1 minute', r.ts, 'epoch'::timestamptz), r.event_type, r.region)
                in (select g.minute, g.event_type, g.region from unnest($1, $2, $3) as g (minute, event_type, region))
            -- Only these days are read.
            and r.ts >= $4 and r.ts < $5
        $stored$ using minutes, event_types, regions,
            (select min(g.minute) from unnest(minutes) as g (minute)),
            (select max(g.minute) + interval '1 minute' from unnest(minutes) as g (minute));
end
$$;

comment on function musicstream_arrivals(timestamptz[], text[], text[]) is 'when the events of these groups, each a minute, an event type and a region, were stored';

revoke execute on function musicstream_arrivals(timestamptz[], text[], text[]) from public;

-- The definition: all events of a user in their order, for each rule the quarters that it counted. STABLE, so of the same
-- snapshot as the rest of musicstream_verify().
create or replace function musicstream_verify_listening(
    first timestamptz,
    past timestamptz,
    out metric text,
    out bucket timestamptz,
    out region text,
    out counted bigint,
    out stored bigint
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
as $$
#variable_conflict use_column
declare
    uncounted constant tstzmultirange := @extschema@.musicstream_uncounted();
    newest constant integer := (select max(l.rule) from @extschema@.listening_rules as l);
    r @extschema@.listening_rules;
begin
    for r in
        select l.*
        from @extschema@.listening_rules as l
        where l.rule = newest
            or l.rule in (select h.rule from @extschema@.counted_hours as h where h.hour >= first and h.hour < past)
        order by l.rule
    loop
        return query execute $verify$
        with events as materialized (
            select r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id
            from @extschema@.raw_events as r
            where r.ts >= $1 - greatest($3, $5) and r.ts < $2 + $3 and r.event_type = any ($6 || $7)
        ), ordered as materialized (
            select
                user_id,
                region,
                song_id,
                ts,
                event_type = any ($6) as is_start,
                lead(ts) over by_user as next_ts,
                lag(ts) over by_user as previous_ts
            from (
                select * from events
                union all
                select f.event_id, f.user_id, f.event_type, f.region, f.ts, f.song_id
                from @extschema@.frozen_playback as f
                where f.event_type = any ($6 || $7)
            ) as e
            window by_user as (partition by user_id order by ts, event_type = any ($6), event_id)
        ), plays as (
            select
                region,
                song_id,
                ts as began,
                least(next_ts, ts + $3) as ended,
                coalesce(next_ts <= ts + $3, false) as was_ended
            from ordered
            where is_start
        ), parts as (
            select
                quarter,
                region,
                song_id,
                count(*) filter (where began >= quarter) as plays,
                count(*) filter (where began >= quarter and ended - began >= $4) as streams,
                count(*) filter (where began >= quarter and ended - began < $4 and was_ended) as skips,
                sum(extract(epoch from least(ended, quarter + interval '15 minutes') - greatest(began, quarter)) * 1000000)
                    as listened_us,
                0 as sessions
            from plays
            cross join lateral generate_series(
                date_bin('15 minutes', began, 'epoch'), greatest(began, ended - interval '1 microsecond'), interval '15 minutes'
            ) as quarter
            group by quarter, region, song_id
            union all
            select date_bin('15 minutes', ts, 'epoch'), region, null, 0, 0, 0, 0, count(*)
            from ordered
            where previous_ts is null or ts - previous_ts > $5
            group by 1, 2
        ), defined as (
            select
                quarter,
                region,
                case when grouping(song_id) = 0 then 'song_' else '' end as kind,
                coalesce(song_id, '') as song_id,
                sum(plays)::bigint as plays,
                sum(streams)::bigint as streams,
                sum(skips)::bigint as skips,
                sum(listened_us)::bigint as listened_us,
                sum(sessions)::bigint as sessions
            from parts
            where quarter >= $1 and quarter < $2
            group by grouping sets ((quarter, region), (quarter, region, song_id))
            having grouping(song_id) = 1 or song_id is not null
        ), kept as (
            select c.quarter, c.region, '' as kind, '' as song_id, c.plays, c.streams, c.skips, c.listened_us, c.sessions
            from @extschema@.listening_counts as c
            where c.quarter >= $1 and c.quarter < $2
            union all
            select c.quarter, c.region, 'song_', s.song_id, s.plays, s.streams, s.skips, s.listened_us, 0
            from @extschema@.song_counts as c
            cross join lateral @extschema@.musicstream_unpack_songs(c.songs) as s
            where c.quarter >= $1 and c.quarter < $2
        )
        select kind || n.name, quarter, region, coalesce(n.counted, 0), coalesce(n.stored, 0)
        from kept as k
        full join defined as d using (quarter, region, kind, song_id)
        left join @extschema@.counted_hours as h on h.hour = date_bin('1 hour', quarter, 'epoch')
        cross join lateral (
            values
                ('plays', k.plays, d.plays),
                ('streams', k.streams, d.streams),
                ('skips', k.skips, d.skips),
                ('listened_us', k.listened_us, d.listened_us),
                ('sessions', k.sessions, d.sessions)
        ) as n (name, counted, stored)
        where (k.plays, k.streams, k.skips, k.listened_us, k.sessions)
                is distinct from (d.plays, d.streams, d.skips, d.listened_us, d.sessions)
            and coalesce(n.counted, 0) <> coalesce(n.stored, 0)
            and coalesce(h.rule, $10) = $9
            and not tstzrange(quarter, quarter + interval '15 minutes') && $8
        $verify$ using first, past, r.max_listen, r.stream_after, r.session_gap, r.starting_types, r.ending_types, uncounted, r.rule, newest;
    end loop;

    -- Who was active on which day, and who is kept.
    return query execute $verify$
    with seen as materialized (
        select distinct date_bin('1 hour', r.ts, 'epoch') as hour, r.region, r.user_id, r.event_type
        from @extschema@.raw_events as r
        where r.ts >= $1 and r.ts < $2
            and r.event_type = any (array(
                select unnest(l.starting_types || l.ending_types) from @extschema@.listening_rules as l
            ))
    ), stored as (
        select distinct date_bin('1 day', s.hour, 'epoch') as bucket, s.region, s.user_id
        from seen as s
        left join @extschema@.counted_hours as h on h.hour = s.hour
        join @extschema@.listening_rules as l on l.rule = coalesce(h.rule, $4)
        where s.event_type = any (l.starting_types || l.ending_types)
    ), kept as (
        select d.day::timestamp at time zone 'UTC' as bucket, d.region, d.user_id
        from @extschema@.listener_days as d
        where d.day::timestamp at time zone 'UTC' >= $1 and d.day::timestamp at time zone 'UTC' < $2
    )
    select 'listener_days', bucket, region, count(k.user_id), count(s.user_id)
    from kept as k
    full join stored as s using (bucket, region, user_id)
    where not tstzrange(bucket, bucket + interval '1 day') && $3
    group by bucket, region
    having count(k.user_id) < count(*) or count(s.user_id) < count(*)
    union all
    select 'first_days', bucket, null, count(*), 0
    from (
        select coalesce(f.day, d.day)::timestamp at time zone 'UTC' as bucket
        from @extschema@.listener_first_days as f
        full join (
            select l.user_id, min(l.day) as day from @extschema@.listener_days as l group by l.user_id
        ) as d using (user_id)
        -- Of users who came before the days that are still kept there is no more than the first day.
        where f.day is null or f.day > d.day or f.day < d.day and f.day >= @extschema@.musicstream_frozen_before()
            or d.day is null and f.day >= @extschema@.musicstream_frozen_before()
    ) as wrong
    where bucket >= $1 and bucket < $2
    group by bucket
    $verify$ using first, past, uncounted, newest;
end
$$;

comment on function musicstream_verify_listening(timestamptz, timestamptz) is 'differences between the kept numbers of listening and those that the stored events give, from first up to past; quarters that musicstream_rollup_listening() has still to count are left out';

-- One statement, so one snapshot: writers and rollups may go on meanwhile. Planned for the days in question, so that only their
-- partitions are opened: each takes locks, of which a server has so many.
create or replace function musicstream_verify(
    from_day date default null,
    to_day date default null,
    out metric text,
    out bucket timestamptz,
    out event_type text,
    out region text,
    out counted bigint,
    out stored bigint
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    -- The wire format has no events before the year 1 or beyond the year 9999.
    first constant timestamptz := greatest(from_day, @extschema@.musicstream_frozen_before(), date '0001-01-01')::timestamp
        at time zone 'UTC';
    past constant timestamptz := (least(to_day, date '9999-12-31') + 1)::timestamp at time zone 'UTC';
begin
    return query execute $verify$
    with
    stored_minute as materialized (
        select m.minute as bucket, m.event_type, m.region, m.events
        from @extschema@.musicstream_stored_minutes($1, $2) as m
    ),
    stored as (
        select 'minute' as metric, m.bucket, m.event_type, m.region, m.events from stored_minute as m
        union all
        select 'hour', date_bin('1 hour', m.bucket, 'epoch'::timestamptz), m.event_type, m.region, sum(m.events)::bigint
        from stored_minute as m
        group by 1, 2, 3, 4
        union all
        select 'day', date_bin('1 day', m.bucket, 'epoch'::timestamptz), m.event_type, m.region, sum(m.events)::bigint
        from stored_minute as m
        group by 1, 2, 3, 4
    ),
    counted as (
        select 'minute' as metric, m.minute as bucket, m.event_type, m.region, m.events
        from @extschema@.minute_metrics_between($1, $2) as m
        union all
        select 'hour', h.hour, h.event_type, h.region, h.events
        from @extschema@.hourly_metrics as h
        where h.hour >= $1 and h.hour < $2
        union all
        select 'day', d.day::timestamp at time zone 'UTC', d.event_type, d.region, d.events
        from @extschema@.live_daily_metrics as d
        where d.day::timestamp at time zone 'UTC' >= $1 and d.day::timestamp at time zone 'UTC' < $2
    ),
    stored_listeners as (
        select
            l.day::timestamp at time zone 'UTC' as bucket,
            l.region,
            @extschema@.musicstream_sketch_canonical(array[l.sketch]) as sketch
        from @extschema@.musicstream_stored_listeners($1, $2) as l
    ),
    kept_listeners as (
        select
            k.day::timestamp at time zone 'UTC' as bucket,
            k.region,
            @extschema@.musicstream_sketch_canonical(array_agg(k.sketch)) as sketch,
            -- Of the one row of daily_listeners, if there is one.
            max(k.listeners) as listeners,
            @extschema@.musicstream_sketch_canonical(array_agg(k.sketch) filter (where k.listeners is not null)) as folded,
            count(*) filter (where k.listeners is null) as pending
        from (
            select d.day, d.region, d.sketch, d.listeners from @extschema@.daily_listeners as d
            union all
            select p.day, p.region, p.sketch, null from @extschema@.listener_deltas as p
        ) as k
        where k.day::timestamp at time zone 'UTC' >= $1 and k.day::timestamp at time zone 'UTC' < $2
        group by k.day, k.region
    ),
    difference as (
        select metric, bucket, event_type, region, coalesce(c.events, 0) as counted, coalesce(s.events, 0) as stored
        from counted as c full join stored as s using (metric, bucket, event_type, region)
        where c.events is distinct from s.events
        union all
        select
            'listeners',
            bucket,
            null,
            region,
            coalesce(
                case when k.pending = 0 then k.listeners end,
                round(@extschema@.musicstream_sketch_estimate(k.sketch))::bigint,
                k.listeners,
                0
            ),
            coalesce(round(@extschema@.musicstream_sketch_estimate(s.sketch))::bigint, 0)
        from kept_listeners as k full join stored_listeners as s using (bucket, region)
        where k.sketch is distinct from s.sketch
            or s.sketch is null -- then the other one cannot be read
            or k.listeners <> round(@extschema@.musicstream_sketch_estimate(k.folded))
    )
    select metric, bucket, event_type, region, counted, stored from difference
    union all
    select l.metric, l.bucket, null, l.region, l.counted, l.stored
    from @extschema@.musicstream_verify_listening($1, $2) as l
    order by 1, 2, 3, 4
    $verify$ using first, past;
end
$$;

comment on function musicstream_verify(date, date) is 'differences between the metrics and a count over raw_events, for these UTC days, both included, the frozen ones left out; no row: none; null: no bound; metric listeners: the sketch in daily_listeners, with what waits for the rollup, has not seen the users of the events, whose numbers may be equal all the same, or its estimate is another; plays, streams, skips, listened_us, sessions: those of a quarter in listening_counts, with song_ before them of one song in song_counts; listener_days: users of listener_days, of which some are others; first_days: users of listener_first_days who were first active on another day; quarters that musicstream_rollup_listening() has still to count are left out';

-- A clock that is set back soon after midnight will be in the day before again.
create or replace function musicstream_open_day(zone text, moment timestamptz) returns date
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    open_day date;
begin
    begin
        select min(((moment + ahead * interval '15 minutes') at time zone zone)::date) into open_day
        from generate_series(0, 12) as ahead;
        -- Postgres would also take an offset of one's own making, such as UTC+3, which is west of UTC.
        if (now() at time zone zone) is null
            or zone ~ '[0-9]' and zone not in (select name from pg_timezone_names) then
            raise invalid_parameter_value;
        end if;
    exception when invalid_parameter_value then
        raise exception 'time zone "%" is not known', zone
            using errcode = 'invalid_parameter_value',
                hint = 'Name it as in Asia/Kathmandu; select name from pg_timezone_names lists all.';
    end;
    return open_day;
end
$$;

comment on function musicstream_open_day(text, timestamptz) is 'the first day of a time zone that is not over at this moment; null: no moment; refuses a zone that is not known';

-- Every zone's offset since 1972 is of whole minutes, so a minute belongs to one day of any zone. Most hours do, too: those
-- that neither midnight nor a change of the clock divides are counted as a whole.
create or replace function daily_metrics_at(
    zone text,
    from_day date default null,
    to_day date default null,
    out day date,
    out event_type text,
    out region text,
    out events bigint,
    out late_events bigint,
    out is_final boolean
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- No zone is further from UTC than this; where midnight is twice, or never, only the day itself is exact.
    furthest constant interval := '16 hours';
    first_hour constant timestamptz := coalesce(from_day::timestamp at time zone 'UTC' - furthest, '-infinity');
    past_hour constant timestamptz := coalesce((to_day + 1)::timestamp at time zone 'UTC' + furthest, 'infinity');
    open_day constant date := @extschema@.musicstream_open_day(zone, (select s.watermark from @extschema@.rollup_state as s));
begin
    return query
    select m.day, p.event_type, p.region, sum(m.events)::bigint, sum(m.late_events)::bigint, coalesce(m.day < open_day, false)
    from (
        select
            part.*,
            (part.hour at time zone zone) as opens,
            ((part.hour + interval '59 minutes') at time zone zone) as closes
        from (
            select c.hour, c.event_type, c.region, c.events, c.late_events, c.minutes
            from @extschema@.minute_counts as c
            where c.hour >= first_hour and c.hour < past_hour
            union all
            select d.hour, d.event_type, d.region, d.events, d.late_events, d.minutes
            from @extschema@.metric_deltas as d
            where d.hour >= first_hour and d.hour < past_hour
        ) as part
    ) as p
    cross join lateral (
        select p.opens::date as day, p.events, p.late_events
        where p.opens::date = p.closes::date and p.closes - p.opens = interval '59 minutes'
        union all
        select (u.minute at time zone zone)::date, u.events, u.late_events
        from @extschema@.musicstream_unpack(p.hour, p.minutes) as u
        where p.opens::date <> p.closes::date or p.closes - p.opens <> interval '59 minutes'
    ) as m
    where m.day >= coalesce(from_day, '-infinity') and m.day <= coalesce(to_day, 'infinity')
    group by m.day, p.event_type, p.region
    having sum(m.events) <> 0
    order by 1, 2, 3;
end
$$;

comment on function daily_metrics_at(text, date, date) is 'events by day of a time zone, event type and region, what waits for the rollup included: exact now; from_day and to_day, both included, bound what is read; is_final: the watermark is past the end of that day; late_events: of these events, those that came when their UTC day was final';

-- The offset of every zone is a multiple of 15 minutes, so a quarter belongs to one day of any zone.
create or replace function daily_listening_at(
    zone text,
    from_day date default null,
    to_day date default null,
    out day date,
    out region text,
    out plays bigint,
    out streams bigint,
    out skips bigint,
    out listening_seconds numeric,
    out sessions bigint,
    out is_settled boolean
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- As in daily_metrics_at().
    furthest constant interval := '16 hours';
    first constant timestamptz := coalesce(from_day::timestamp at time zone 'UTC' - furthest, '-infinity');
    past constant timestamptz := coalesce((to_day + 1)::timestamp at time zone 'UTC' + furthest, 'infinity');
    open_day constant date := @extschema@.musicstream_open_day(zone, @extschema@.musicstream_settled_before());
begin
    return query
    with uncounted as materialized (
        select distinct (q.quarter at time zone zone)::date as day
        from unnest(@extschema@.musicstream_uncounted() * tstzmultirange(tstzrange(first, past))) as u (span)
        cross join lateral generate_series(
            lower(u.span), upper(u.span) - interval '1 microsecond', interval '15 minutes'
        ) as q (quarter)
    )
    select
        m.day,
        m.region,
        sum(m.plays)::bigint,
        sum(m.streams)::bigint,
        sum(m.skips)::bigint,
        sum(m.listened_us) * 0.000001,
        sum(m.sessions)::bigint,
        coalesce(m.day < open_day, false) and m.day not in (select u.day from uncounted as u)
    from (
        select (c.quarter at time zone zone)::date as day, c.*
        from @extschema@.listening_counts as c
        where c.quarter >= first and c.quarter < past
    ) as m
    where m.day >= coalesce(from_day, '-infinity') and m.day <= coalesce(to_day, 'infinity')
    group by m.day, m.region
    order by 1, 2;
end
$$;

comment on function daily_listening_at(text, date, date) is 'daily_listening by day of a time zone; from_day and to_day, both included, bound what is read';

create or replace function top_songs(
    "from" date,
    "to" date,
    region text default null,
    n integer default 10,
    out rank bigint,
    out song_id text,
    out plays bigint,
    out streams bigint,
    out skips bigint,
    out listening_seconds numeric
) returns setof record
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select
        row_number() over (order by s.streams desc, s.listened_us desc, s.song_id collate "C"),
        s.song_id,
        s.plays,
        s.streams,
        s.skips,
        s.listened_us * 0.000001
    from @extschema@.musicstream_unpack_songs((
        select @extschema@.musicstream_songs_sum(c.songs)
        from @extschema@.song_counts as c
        where c.quarter >= coalesce("from"::timestamp at time zone 'UTC', '-infinity')
            and c.quarter < coalesce(("to" + 1)::timestamp at time zone 'UTC', 'infinity')
            and (top_songs.region is null or c.region = top_songs.region)
    )) as s
    order by 1
    limit n;
end;

comment on function top_songs(date, date, text, integer) is 'the songs with most streams on these UTC days, both included, and in this region, null for all; of as many streams the one that was listened to for longer comes first; null: no bound';

create or replace function musicstream_listeners(
    from_day date default null,
    to_day date default null,
    regions text[] default null
) returns bigint
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select coalesce(round(@extschema@.musicstream_sketch_estimate(@extschema@.musicstream_sketch_union(sketch))), 0)::bigint
    from (
        select day, region, sketch from @extschema@.daily_listeners
        union all
        select day, region, sketch from @extschema@.listener_deltas
    ) as part
    where day >= coalesce(from_day, '-infinity')
        and day <= coalesce(to_day, 'infinity')
        and (regions is null or region = any (regions));
end;

comment on function musicstream_listeners(date, date, text[]) is 'distinct users of these UTC days, both included, and regions, each counted once however many days and regions had them; an estimate, standard error 0.8 %; null: no bound, all regions; what waits for the rollup is included';

-- A sketch forgets nobody: where events were taken away, the day's sketches are made anew from what is stored.
-- Writers may go on: one statement a day reads the events and takes the pending sketches of the same snapshot away;
-- what commits meanwhile brings its own sketches, and merging is idempotent.
create or replace function musicstream_rebuild_listeners(days date[]) returns bigint
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    today date;
    frozen_before date;
    changed bigint;
    total bigint := 0;
begin
    -- No rollup may merge meanwhile what this is about to replace.
    lock table only @extschema@.rollup_turn in share update exclusive mode;
    frozen_before := @extschema@.musicstream_frozen_before();
    foreach today in array days loop
        -- The events of a frozen day are gone: its sketches are all that is left.
        continue when today < frozen_before;
        execute $rebuild$
            with stored as materialized (
                select e.region, e.sketch
                from @extschema@.musicstream_stored_listeners(
                    $1::timestamp at time zone 'UTC', ($1 + 1)::timestamp at time zone 'UTC'
                ) as e
            ), pending as (
                delete from @extschema@.listener_deltas where day = $1
            ), gone as (
                delete from @extschema@.daily_listeners as d
                where d.day = $1 and d.region not in (select s.region from stored as s)
                returning 1
            ), kept as (
                insert into @extschema@.daily_listeners as d (day, region, listeners, sketch, updated_at)
                select
                    $1,
                    s.region,
                    round(@extschema@.musicstream_sketch_estimate(s.sketch))::bigint,
                    s.sketch,
                    (select clock_timestamp())
                from stored as s
                order by s.region
                on conflict (day, region) do update
                    set listeners = excluded.listeners, sketch = excluded.sketch, updated_at = excluded.updated_at
                    where d.listeners <> excluded.listeners
                        or @extschema@.musicstream_sketch_canonical(array[d.sketch])
                            is distinct from @extschema@.musicstream_sketch_canonical(array[excluded.sketch])
                returning 1
            )
            select (select count(*) from gone) + (select count(*) from kept)
            $rebuild$
            into changed
            using today;
        total := total + changed;
    end loop;
    return total;
end
$$;

comment on function musicstream_rebuild_listeners(date[]) is 'makes daily_listeners of these UTC days anew from raw_events, and leaves frozen days alone; returns how many rows were written or taken away';

revoke execute on function musicstream_rebuild_listeners(date[]) from public;

-- Looks raw_events up by its name: Citus makes a new table of it when it distributes it no longer.
create or replace function musicstream_leaves(out day date, out leaf regclass) returns setof record
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select to_date(right(c.relname, 8), 'YYYYMMDD'), c.oid::regclass
    from pg_inherits as i
    join pg_class as c on c.oid = i.inhrelid
    where i.inhparent = to_regclass('@extschema@.raw_events') and c.relname ~ '^raw_events_\d{8}$';
end;

comment on function musicstream_leaves() is 'the partitions of raw_events and their UTC days';

create or replace function musicstream_begin_correction(name text) returns void
    language c volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_begin_correction_wrapper';

comment on function musicstream_begin_correction(text) is 'what each correction does first: refuses isolation above READ COMMITTED, waits until no rollup and no other correction is under way, and keeps writers of a distributed raw_events out';

revoke execute on function musicstream_begin_correction(text) from public;

create or replace function musicstream_begin_listening(name text) returns void
    language c volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_begin_listening_wrapper';

comment on function musicstream_begin_listening(text) is 'what each run that counts listening does first: refuses isolation above READ COMMITTED, and waits until no other one is under way';

revoke execute on function musicstream_begin_listening(text) from public;

-- A type that was taken out of event_types keeps its meaning: its events are still stored.
create or replace function musicstream_listening_rule() returns integer
    language plpgsql volatile
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    newest @extschema@.listening_rules;
    starting text[];
    ending text[];
begin
    select r.* into newest from @extschema@.listening_rules as r order by r.rule desc limit 1;
    select
        array_agg(distinct t.event_type order by t.event_type) filter (where t.playback = 'starts'),
        array_agg(distinct t.event_type order by t.event_type) filter (where t.playback = 'ends')
    into starting, ending
    from (
        values ('play', 'starts'), ('pause', 'ends'), ('stop', 'ends')
        union all
        select e.event_type, e.playback from @extschema@.event_types as e
        union all
        select k.event_type, 'starts' from unnest(newest.starting_types) as k (event_type)
        where k.event_type not in (select e.event_type from @extschema@.event_types as e)
        union all
        select k.event_type, 'ends' from unnest(newest.ending_types) as k (event_type)
        where k.event_type not in (select e.event_type from @extschema@.event_types as e)
    ) as t (event_type, playback);

    if (newest.max_listen, newest.stream_after, newest.session_gap, newest.starting_types, newest.ending_types)
        is distinct from (
            @extschema@.musicstream_max_listen(), @extschema@.musicstream_stream_after(), @extschema@.musicstream_session_gap(),
            starting, ending
        )
    then
        insert into @extschema@.listening_rules as r
            (rule, max_listen, stream_after, session_gap, starting_types, ending_types)
        values (
            coalesce(newest.rule, 0) + 1,
            @extschema@.musicstream_max_listen(), @extschema@.musicstream_stream_after(), @extschema@.musicstream_session_gap(),
            starting, ending
        )
        returning r.* into newest;
    end if;
    return newest.rule;
end
$$;

comment on function musicstream_listening_rule() is 'the number of the rule that the settings and event_types make, noted in listening_rules if it is another than before; called by who has the turn';

revoke execute on function musicstream_listening_rule() from public;

create or replace function musicstream_block(place tid) returns integer
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_block_wrapper';

comment on function musicstream_block(tid) is 'the number of the block that a row lies in';

create or replace function musicstream_scan_leaf(day date, leaf regclass, is_anew boolean) returns integer
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- Blocks that are noted together.
    width constant integer := 32;
    -- Blocks at the end in which there may be events of transactions that are still open: they are looked at again.
    unsure constant integer := 1024;
    size constant integer := pg_relation_size(leaf) / current_setting('block_size')::integer;
    known integer;
begin
    select s.blocks into known from @extschema@.scanned_leaves as s where s.day = musicstream_scan_leaf.day;
    if is_anew or known is null or known > size then
        delete from @extschema@.hour_blocks as h
        where h.hour >= musicstream_scan_leaf.day::timestamp at time zone 'UTC'
            and h.hour < (musicstream_scan_leaf.day + 1)::timestamp at time zone 'UTC';
        known := 0;
    end if;
    execute format($scan$
        insert into @extschema@.hour_blocks as h (hour, blocks)
        select c.hour, range_agg(int4range(c.chunk * %2$s, c.chunk * %2$s + %2$s))
        from (
            select distinct date_bin('1 hour', e.ts, 'epoch') as hour, @extschema@.musicstream_block(e.ctid) / %2$s as chunk
            from %1$s as e
            where e.ctid >= '(%3$s,0)'
        ) as c
        group by c.hour
        on conflict (hour) do update set blocks = h.blocks + excluded.blocks where not h.blocks @> excluded.blocks
        $scan$, leaf, width, known);
    known := greatest(0, size - unsure);
    insert into @extschema@.scanned_leaves as s (day, blocks)
    values (musicstream_scan_leaf.day, known)
    on conflict on constraint scanned_leaves_pkey do update set blocks = excluded.blocks where s.blocks <> excluded.blocks;
    return known;
end
$$;

comment on function musicstream_scan_leaf(date, regclass, boolean) is 'notes in hour_blocks where the events of each hour lie in a partition, those that came since the last scan or all; returns from which block on there may be others';

revoke execute on function musicstream_scan_leaf(date, regclass, boolean) from public;

-- Reads the blocks in which events of these hours were seen, and those that were added since. That these hold all of them is
-- not taken for granted: a block may have got events of another hour after a vacuum, and a table may have been written
-- anew. What was read is a part of what is stored, and the metrics of the same snapshot say how many events that are; if
-- it is as many, it is all.
create or replace function musicstream_read_leaf(
    day date,
    leaf regclass,
    first timestamptz,
    past timestamptz,
    event_types text[]
) returns bigint
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    -- To skip fewer blocks than these costs as much as to read them.
    gap constant integer := 64;
    is_anew boolean;
    later integer;
    parts text;
    events bigint;
    expected bigint;
begin
    foreach is_anew in array array[false, true] loop
        later := @extschema@.musicstream_scan_leaf(musicstream_read_leaf.day, leaf, is_anew);
        select string_agg(
            format(
                'select e.event_id, e.user_id, e.event_type, e.region, e.ts, e.song_id from %s as e
                 where e.ctid >= %L::tid %s and e.ts >= $1 and e.ts < $2 and e.event_type = any ($3)',
                leaf,
                format('(%s,0)', lower(b.blocks)),
                case when not upper_inf(b.blocks) then format('and e.ctid < %L::tid', format('(%s,0)', upper(b.blocks))) end
            ),
            ' union all '
        )
        into parts
        from unnest((
            select coalesce(range_agg(int4range(lower(r.blocks), upper(r.blocks) + gap)), '{}') + int4multirange(int4range(later, null))
            from @extschema@.hour_blocks as h
            cross join lateral unnest(h.blocks) as r (blocks)
            where h.hour >= date_bin('1 hour', first, 'epoch') and h.hour < past
        )) as b (blocks);
        execute format($read$
            with added as (
                insert into pg_temp.staging_playback (event_id, user_id, event_type, region, ts, song_id)
                %s
                returning 1
            )
            select
                (select count(*) from added),
                (
                    select coalesce(sum(m.events), 0)
                    from @extschema@.minute_metrics_between($1, $2) as m
                    where m.event_type = any ($3)
                )
            $read$, parts)
            into events, expected
            using first, past, event_types;
        if events = expected then
            return events;
        end if;
        delete from pg_temp.staging_playback as s where s.ts >= first and s.ts < past;
    end loop;

    -- The metrics are not those of the events: musicstream_rebuild() mends them.
    execute format($read$
        insert into pg_temp.staging_playback (event_id, user_id, event_type, region, ts, song_id)
        select e.event_id, e.user_id, e.event_type, e.region, e.ts, e.song_id
        from %s as e
        where e.ts >= $1 and e.ts < $2 and e.event_type = any ($3)
        $read$, leaf) using first, past, event_types;
    get diagnostics events = row_count;
    return events;
end
$$;

comment on function musicstream_read_leaf(date, regclass, timestamptz, timestamptz, text[]) is 'puts the events of these types and these minutes of a day into pg_temp.staging_playback; returns how many';

revoke execute on function musicstream_read_leaf(date, regclass, timestamptz, timestamptz, text[]) from public;

create or replace function musicstream_read_playback(first timestamptz, past timestamptz, event_types text[]) returns bigint
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    -- Whole minutes, whose events the metrics count.
    first_minute constant timestamptz := date_bin('1 minute', first, 'epoch');
    past_minute constant timestamptz := date_bin('1 minute', past + interval '1 minute' - interval '1 microsecond', 'epoch');
    day date;
    leaf regclass;
    events bigint := 0;
begin
    perform @extschema@.musicstream_stage('staging_playback');
    if @extschema@.musicstream_is_distributed() then
        -- The coordinator of a distributed table has no blocks.
        execute $read$
            insert into pg_temp.staging_playback (event_id, user_id, event_type, region, ts, song_id)
            select r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id
            from @extschema@.raw_events as r
            where r.ts >= $1 and r.ts < $2 and r.event_type = any ($3)
        $read$ using first, past, event_types;
        get diagnostics events = row_count;
    else
        for day, leaf in
            select l.day, l.leaf
            from @extschema@.musicstream_leaves() as l
            where l.day::timestamp at time zone 'UTC' < past_minute
                and (l.day + 1)::timestamp at time zone 'UTC' > first_minute
        loop
            events := events + @extschema@.musicstream_read_leaf(
                day,
                leaf,
                greatest(first_minute, day::timestamp at time zone 'UTC'),
                least(past_minute, (day + 1)::timestamp at time zone 'UTC'),
                event_types
            );
        end loop;
    end if;
    insert into pg_temp.staging_playback (event_id, user_id, event_type, region, ts, song_id)
    select f.event_id, f.user_id, f.event_type, f.region, f.ts, f.song_id
    from @extschema@.frozen_playback as f
    where f.ts >= first_minute and f.ts < past_minute and f.event_type = any (event_types);
    return events;
end
$$;

comment on function musicstream_read_playback(timestamptz, timestamptz, text[]) is 'puts the events of these types and at least this time into pg_temp.staging_playback; returns how many were read from raw_events';

revoke execute on function musicstream_read_playback(timestamptz, timestamptz, text[]) from public;

create or replace function musicstream_count_quarters(first timestamptz, past timestamptz, rule integer) returns bigint
    language c volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_count_quarters_wrapper';

comment on function musicstream_count_quarters(timestamptz, timestamptz, integer) is 'counts the listening of the quarters from first up to past anew by a rule, and notes who was active in them; returns how many events it read';

revoke execute on function musicstream_count_quarters(timestamptz, timestamptz, integer) from public;

-- Hours that follow one another are read together, as many as have about half a million events: the margins on both
-- sides of what is counted are read once for all of them, and what is sorted at once stays small.
create or replace function musicstream_count_hours(hours timestamptz[]) returns bigint
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    most constant bigint := 500000;
    newest constant integer := @extschema@.musicstream_listening_rule();
    events bigint := 0;
    next record;
    -- The hours that are read together.
    run_first timestamptz;
    run_past timestamptz;
    run_rule integer;
    run_events bigint;
begin
    for next in
        select
            greatest(p.hour, lower(p.span)) as first,
            least(p.hour + interval '1 hour', upper(p.span)) as past,
            coalesce(h.rule, newest) as rule,
            (
                select coalesce(sum(k.events), 0)
                from (
                    select c.events from @extschema@.minute_counts as c where c.hour = p.hour
                    union all
                    select d.events from @extschema@.metric_deltas as d where d.hour = p.hour
                ) as k
            ) as events
        from (
            select s.span, generate_series(
                date_bin('1 hour', lower(s.span), 'epoch'), upper(s.span) - interval '1 microsecond', interval '1 hour'
            ) as hour
            from unnest(
                @extschema@.musicstream_touched_quarters(hours)
                * tstzmultirange(tstzrange(@extschema@.musicstream_frozen_before()::timestamp at time zone 'UTC', null))
            ) as s (span)
        ) as p
        left join @extschema@.counted_hours as h on h.hour = p.hour
        order by 1
    loop
        if next.first = run_past and next.rule = run_rule and run_events + next.events <= most then
            run_past := next.past;
            run_events := run_events + next.events;
            continue;
        end if;
        if run_rule is not null then
            events := events + @extschema@.musicstream_count_quarters(run_first, run_past, run_rule);
        end if;
        run_first := next.first;
        run_past := next.past;
        run_rule := next.rule;
        run_events := next.events;
    end loop;
    if run_rule is not null then
        events := events + @extschema@.musicstream_count_quarters(run_first, run_past, run_rule);
    end if;
    return events;
end
$$;

comment on function musicstream_count_hours(timestamptz[]) is 'counts the listening anew that depends on the events of these UTC hours, frozen days left out; an hour that has numbers is counted by the rule of these, others by the newest; returns how many events it read';

revoke execute on function musicstream_count_hours(timestamptz[]) from public;

create or replace function musicstream_prune_listener_days(day date) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
    newest constant integer := @extschema@.musicstream_listening_rule();
    span record;
begin
    if day < @extschema@.musicstream_frozen_before() then
        return;
    end if;
    perform @extschema@.musicstream_stage('staging_playback');
    for span in
        select min(h.hour) as first, max(h.hour) + interval '1 hour' as past, r.starting_types || r.ending_types as event_types
        from (
            select
                d.hour,
                coalesce(c.rule, newest) as rule,
                row_number() over (partition by coalesce(c.rule, newest) order by d.hour) as number
            from generate_series(
                musicstream_prune_listener_days.day::timestamp at time zone 'UTC',
                (musicstream_prune_listener_days.day + 1)::timestamp at time zone 'UTC' - interval '1 hour',
                interval '1 hour'
            ) as d (hour)
            left join @extschema@.counted_hours as c on c.hour = d.hour
        ) as h
        join @extschema@.listening_rules as r on r.rule = h.rule
        group by r.rule, h.hour - h.number * interval '1 hour'
        order by 1
    loop
        execute $read$
            insert into pg_temp.staging_playback (user_id, region)
            select distinct r.user_id, r.region
            from @extschema@.raw_events as r
            where r.ts >= $1 and r.ts < $2 and r.event_type = any ($3)
        $read$ using span.first, span.past, span.event_types;
    end loop;

    delete from @extschema@.listener_days as d
    where d.day = musicstream_prune_listener_days.day
        and not exists (select from pg_temp.staging_playback as s where s.region = d.region and s.user_id = d.user_id);

    with lost as (
        select f.user_id
        from @extschema@.listener_first_days as f
        where f.day = musicstream_prune_listener_days.day
            and not exists (select from @extschema@.listener_days as d where d.user_id = f.user_id and d.day = f.day)
    ), next as materialized (
        select l.user_id, (select min(d.day) from @extschema@.listener_days as d where d.user_id = l.user_id) as day
        from lost as l
    ), moved as (
        update @extschema@.listener_first_days as f
        set day = n.day
        from next as n
        where f.user_id = n.user_id and n.day is not null
    )
    delete from @extschema@.listener_first_days as f
    using next as n
    where f.user_id = n.user_id and n.day is null;
end
$$;

comment on function musicstream_prune_listener_days(date) is 'takes users out of listener_days who have no event left on this UTC day that starts or ends playback';

revoke execute on function musicstream_prune_listener_days(date) from public;

-- What is taken off touched_hours was stored before it was noted there, so a later statement sees it in raw_events. What is
-- stored meanwhile is noted later, and counted again: counting an hour twice is the same as once.
create or replace function musicstream_count_waiting(
    before timestamptz,
    most_events bigint,
    out hours_counted bigint,
    out hours_left bigint,
    out events_read bigint
)
    language plpgsql volatile
    set search_path = pg_catalog, @extschema@, pg_temp
    set timezone = 'UTC'
as $$
declare
    hours timestamptz[];
    days date[];
begin
    with waiting as materialized (
        select hour, bool_or(has_removals) as has_removals
        from (
            select t.hour, t.has_removals from @extschema@.touched_hours as t
            union all
            select d.hour, d.events < 0 from @extschema@.metric_deltas as d
        ) as w
        where hour < before
        group by hour
    ), sized as (
        select
            w.*,
            coalesce(sum(coalesce(c.events, 0)) over (
                order by w.is_newest desc, w.hour rows between unbounded preceding and 1 preceding
            ), 0) < coalesce(most_events, 'infinity'::numeric) as is_taken
        from (
            -- What streams now does not wait for an archive.
            select w.*, w.hour >= max(w.hour) over () - interval '1 hour' as is_newest from waiting as w
        ) as w
        left join lateral (
            select sum(k.events) as events from @extschema@.minute_counts as k where k.hour = w.hour
        ) as c on true
    )
    select
        coalesce(array_agg(hour order by hour) filter (where is_taken), '{}'),
        coalesce(array_agg(distinct hour::date) filter (where is_taken and has_removals), '{}'),
        count(*) filter (where not is_taken)
    into hours, days, hours_left
    from sized;

    hours_counted := cardinality(hours);
    events_read := 0;
    if hours_counted = 0 then
        return;
    end if;

    with taken as (
        delete from @extschema@.touched_hours as t
        where t.hour = any (hours)
        returning t.hour, t.has_removals
    )
    select array(select distinct hour::date from taken where has_removals union select unnest(days) order by 1) into days;

    events_read := @extschema@.musicstream_count_hours(hours);
    perform @extschema@.musicstream_prune_listener_days(d.day) from unnest(days) as d (day);
end
$$;

comment on function musicstream_count_waiting(timestamptz, bigint) is 'counts listening near the touched hours before this time, the two newest and then the oldest, until their events are about as many as allowed; null: all; called by who has the turn';

revoke execute on function musicstream_count_waiting(timestamptz, bigint) from public;

create or replace function musicstream_rollup_listening(
    out hours_counted bigint,
    out hours_left bigint,
    out events_read bigint
)
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off -- costs of sorts and joins look like those of long queries
as $$
begin
    perform @extschema@.musicstream_begin_listening('musicstream_rollup_listening()');
    select w.* into hours_counted, hours_left, events_read
    from @extschema@.musicstream_count_waiting('infinity', 2000000) as w;
end
$$;

comment on function musicstream_rollup_listening() is 'counts listening time, streams, skips, sessions and listeners near the hours whose events changed since the last run, the two newest and then the oldest, about two million events a call: call it again while hours_left is not zero; returns the hours that it counted, those that it left, and the events that it read';

revoke execute on function musicstream_rollup_listening() from public;

-- Quarters of the neighbouring days that depend on this one are counted again, too, by the rule that they have.
create or replace function musicstream_rebuild_listening(day date) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    first constant timestamptz := day::timestamp at time zone 'UTC';
    past constant timestamptz := (day + 1)::timestamp at time zone 'UTC';
    newest constant integer := @extschema@.musicstream_listening_rule();
begin
    update @extschema@.counted_hours as h
    set rule = newest
    where h.hour >= first and h.hour < past and h.rule <> newest;
    delete from @extschema@.touched_hours as t where t.hour >= first and t.hour < past;
    perform @extschema@.musicstream_count_hours(
        array(select generate_series(first, past - interval '1 hour', interval '1 hour'))
    );
    perform @extschema@.musicstream_prune_listener_days(day);
end
$$;

comment on function musicstream_rebuild_listening(date) is 'counts the listening of this UTC day anew by the newest rule; called by who has the turn';

revoke execute on function musicstream_rebuild_listening(date) from public;

create or replace function musicstream_freeze_listeners(before date) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- Later days still tell who of a day's new listeners came back.
    last_day constant date := before - 29;
begin
    insert into @extschema@.frozen_listeners
        (day, region, new_listeners, returning_listeners, day_1, day_7, day_28)
    select
        d.day,
        d.region,
        count(*) filter (where f.day = d.day),
        count(*) filter (where f.day < d.day),
        count(*) filter (where f.day = d.day and exists (
            select from @extschema@.listener_days as l where l.user_id = d.user_id and l.day = d.day + 1
        )),
        count(*) filter (where f.day = d.day and exists (
            select from @extschema@.listener_days as l where l.user_id = d.user_id and l.day = d.day + 7
        )),
        count(*) filter (where f.day = d.day and exists (
            select from @extschema@.listener_days as l where l.user_id = d.user_id and l.day = d.day + 28
        ))
    from @extschema@.listener_days as d
    join @extschema@.listener_first_days as f using (user_id)
    where d.day <= last_day
    group by d.day, d.region;
    delete from @extschema@.listener_days as d where d.day <= last_day;
end
$$;

comment on function musicstream_freeze_listeners(date) is 'puts numbers in the place of names for the days that end 28 days or more before this one, the first that is not frozen';

revoke execute on function musicstream_freeze_listeners(date) from public;

create or replace function musicstream_keep_frozen_playback(past timestamptz) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    -- At least as far back as any rule so far looks, and an hour for rules to come.
    first constant timestamptz := past - (
        select greatest(max(r.max_listen), max(r.session_gap), interval '1 hour') from @extschema@.listening_rules as r
    );
begin
    delete from @extschema@.frozen_playback as f where f.ts < first;
    execute $keep$
        insert into @extschema@.frozen_playback (event_id, user_id, event_type, region, ts, song_id)
        select r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id
        from @extschema@.raw_events as r
        where r.ts >= $1 and r.ts < $2
    $keep$ using first, past;
end
$$;

comment on function musicstream_keep_frozen_playback(timestamptz) is 'keeps those events of the days before this time, which are about to be dropped, that listening after it depends on';

revoke execute on function musicstream_keep_frozen_playback(timestamptz) from public;

-- Exact while writers go on: one statement a day takes the pending deltas that its snapshot has and counts the events
-- that its snapshot has. A batch commits both together, so it is in both or in neither; deltas that come later stay
-- pending. Nobody else takes deltas meanwhile: rollups and corrections queue on one lock.
-- musicstream_stored_minutes() plans its query after that snapshot was taken, so that no partition is missed whose deltas are
-- taken.
create or replace function musicstream_rebuild(from_day date default null, to_day date default null)
    returns table (day date, written bigint)
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
as $$
#variable_conflict use_column
declare
    frozen_before date;
    first timestamptz;
    past timestamptz;
    folded bigint;
    changed boolean := false;
begin
    if from_day > to_day then
        raise exception 'the first day % is after the last day %', from_day, to_day
            using errcode = 'invalid_parameter_value';
    end if;
    perform @extschema@.musicstream_begin_correction('musicstream_rebuild()');
    perform @extschema@.musicstream_begin_listening('musicstream_rebuild()');
    frozen_before := @extschema@.musicstream_frozen_before();
    if from_day < frozen_before then
        raise exception 'day % is frozen', from_day
            using errcode = 'object_not_in_prerequisite_state',
                detail = format('musicstream_expire() dropped the events of the days before %s.', frozen_before),
                hint = 'Their metrics are all that is left of them; begin at a later day.';
    end if;
    -- The wire format has no events beyond the year 9999.
    first := greatest(from_day, frozen_before, date '0001-01-01')::timestamp at time zone 'UTC';
    past := (least(to_day, date '9999-12-31') + 1)::timestamp at time zone 'UTC';

    for day in
        select l.day from @extschema@.musicstream_leaves() as l
        where l.day >= (first at time zone 'UTC')::date and l.day < (past at time zone 'UTC')::date
        union
        select d.day from @extschema@.daily_metrics as d
        where d.day >= (first at time zone 'UTC')::date and d.day < (past at time zone 'UTC')::date
        union
        select (c.hour at time zone 'UTC')::date from @extschema@.minute_counts as c
        where c.hour >= first and c.hour < past
        union
        select (p.hour at time zone 'UTC')::date from @extschema@.metric_deltas as p
        where p.hour >= first and p.hour < past
        union
        select l.day from @extschema@.daily_listeners as l
        where l.day >= (first at time zone 'UTC')::date and l.day < (past at time zone 'UTC')::date
        union
        select l.day from @extschema@.listener_deltas as l
        where l.day >= (first at time zone 'UTC')::date and l.day < (past at time zone 'UTC')::date
        order by 1
    loop
        execute $rebuild$
            with pending as (
                delete from @extschema@.metric_deltas
                where hour >= $1 and hour < $2
                returning hour, event_type, region, minutes
            ), late as materialized (
                -- The events do not tell which of them came late: what is counted is kept.
                select u.minute, k.event_type, k.region, sum(u.late_events)::bigint as late_events
                from (
                    select hour, event_type, region, minutes from pending
                    union all
                    select hour, event_type, region, minutes
                    from @extschema@.minute_counts
                    where hour >= $1 and hour < $2
                ) as k
                cross join lateral @extschema@.musicstream_unpack(k.hour, k.minutes) as u
                group by u.minute, k.event_type, k.region
            ), minutes as materialized (
                select
                    minute,
                    event_type,
                    region,
                    s.events,
                    greatest(0, least(s.events, coalesce(l.late_events, 0))) as late_events
                from @extschema@.musicstream_stored_minutes($1, $2) as s
                left join late as l using (minute, event_type, region)
            ), hours as materialized (
                select
                    date_bin('1 hour', minute, 'epoch') as hour,
                    event_type,
                    region,
                    sum(events)::bigint as events,
                    sum(late_events)::bigint as late_events,
                    @extschema@.musicstream_pack(minute, events, late_events) as minutes
                from minutes
                group by 1, 2, 3
            ), days as materialized (
                select event_type, region, sum(events)::bigint as events, sum(late_events)::bigint as late_events
                from hours
                group by event_type, region
            ), written_hours as (
                insert into @extschema@.minute_counts as c (hour, event_type, region, events, late_events, minutes)
                select hour, event_type, region, events, late_events, minutes
                from hours
                order by hour, event_type, region
                on conflict (hour, event_type, region) do update
                    set events = excluded.events, late_events = excluded.late_events, minutes = excluded.minutes
                    where (c.events, c.late_events, c.minutes)
                        is distinct from (excluded.events, excluded.late_events, excluded.minutes)
                returning 1
            ), surplus_hours as (
                delete from @extschema@.minute_counts as c
                where c.hour >= $1 and c.hour < $2
                    and not exists (
                        select from hours as s
                        where s.hour = c.hour and s.event_type = c.event_type and s.region = c.region
                    )
                returning 1
            ), written_days as (
                insert into @extschema@.daily_metrics as d (day, event_type, region, events, late_events, updated_at)
                select $3, event_type, region, events, late_events, clock_timestamp()
                from days
                order by event_type, region
                on conflict (day, event_type, region) do update
                    set events = excluded.events, late_events = excluded.late_events, updated_at = excluded.updated_at
                    where (d.events, d.late_events) is distinct from (excluded.events, excluded.late_events)
                returning 1
            ), surplus_days as (
                delete from @extschema@.daily_metrics as d
                where d.day = $3
                    and not exists (
                        select from days as s where s.event_type = d.event_type and s.region = d.region
                    )
                returning 1
            )
            select (select count(*) from pending), count(*) from (
                table written_hours union all table surplus_hours union all table written_days union all table surplus_days
            ) as changes
            $rebuild$
            into folded, written
            using day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC', day;
        changed := changed
            or folded > 0
            or exists (select from @extschema@.listener_deltas as p where p.day = musicstream_rebuild.day);
        written := written + @extschema@.musicstream_rebuild_listeners(array[day]);
        changed := changed or written > 0;
        perform @extschema@.musicstream_rebuild_listening(day);
        raise notice 'day % is counted anew, % rows of the metrics changed', day, written;
        return next;
    end loop;

    if changed then
        insert into @extschema@.rollup_state as s (revision) values (1)
        on conflict (singleton) do update set revision = s.revision + 1;
        perform pg_notify('musicstream', '');
    end if;
end
$$;

comment on function musicstream_rebuild(date, date) is 'makes the metrics, the listeners and, by the newest rule, the listening of these UTC days, both included, anew from raw_events, while writers go on; returns how many rows of minute_counts, daily_metrics and daily_listeners it wrote or removed; null: no bound';

revoke execute on function musicstream_rebuild(date, date) from public;

-- A day is final from one moment on, so of a group's events the late ones are those that were stored last: how many of
-- them go is how much late_events goes down. Which these are is read before they are removed. Only corrections remove
-- events, one after another; what a batch adds meanwhile is neither removed nor ranked.
-- A sketch forgets nobody, so the days' sketches are made anew.
create or replace function musicstream_retract(event_ids uuid[], times timestamptz[]) returns bigint
    language plpgsql volatile
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    late_minutes timestamptz[];
    late_event_types text[];
    late_regions text[];
    late_counts bigint[];
    late_ids uuid[];
    late_times timestamptz[];
    retracted bigint;
begin
    with touched as materialized (
        select distinct date_bin('1 minute', e.ts, 'epoch') as minute, e.event_type, e.region
        from @extschema@.musicstream_stored_events(event_ids, times) as e
    ), late as (
        select minute, event_type, region, sum(late_events)::bigint as late_events
        from (
            select
                t.minute,
                t.event_type,
                t.region,
                @extschema@.musicstream_minute_late_events(k.minutes, t.minute) as late_events
            from touched as t
            join (
                select c.hour, c.event_type, c.region, c.minutes from @extschema@.minute_counts as c
                union all
                select d.hour, d.event_type, d.region, d.minutes from @extschema@.metric_deltas as d
            ) as k
                on k.hour = date_bin('1 hour', t.minute, 'epoch')
                and k.event_type = t.event_type
                and k.region = t.region
        ) as known
        group by minute, event_type, region
        having sum(late_events) > 0
    )
    select array_agg(minute), array_agg(event_type), array_agg(region), array_agg(late_events)
    into late_minutes, late_event_types, late_regions, late_counts
    from late;

    select array_agg(r.event_id), array_agg(r.ts) into late_ids, late_times
    from (
        select
            a.event_id,
            a.ts,
            l.late_events >= row_number() over (
                partition by minute, event_type, region
                order by a.ingested_at desc, a.event_id
            ) as is_late
        from @extschema@.musicstream_arrivals(late_minutes, late_event_types, late_regions) as a
        join unnest(late_minutes, late_event_types, late_regions, late_counts) as l (minute, event_type, region, late_events)
            using (minute, event_type, region)
    ) as r
    where r.is_late;

    with gone as materialized (
        select r.event_id, r.ts, r.event_type, r.region
        from @extschema@.musicstream_remove_events(event_ids, times) as r
    ), touched as (
        select
            date_bin('1 minute', g.ts, 'epoch') as minute,
            g.event_type,
            g.region,
            count(*) as events,
            count(l.event_id) as late_events
        from gone as g
        left join unnest(late_ids, late_times) as l (event_id, ts) using (event_id, ts)
        group by 1, 2, 3
    ), taken_back as (
        insert into @extschema@.metric_deltas (hour, event_type, region, events, late_events, minutes)
        select
            date_bin('1 hour', minute, 'epoch'),
            event_type,
            region,
            -sum(events),
            -sum(late_events),
            @extschema@.musicstream_pack(minute, -events, -late_events)
        from touched
        group by 1, 2, 3
        order by 1, 2, 3
    )
    select count(*) into retracted from gone;

    perform @extschema@.musicstream_rebuild_listeners(
        array(select distinct (g.ts at time zone 'UTC')::date from unnest(times) as g (ts))
    );
    return retracted;
end
$$;

comment on function musicstream_retract(uuid[], timestamptz[]) is 'removes these events, given by id and time, and takes them out of the metrics by negative deltas and out of the listeners; returns how many there were';

revoke execute on function musicstream_retract(uuid[], timestamptz[]) from public;

create or replace function musicstream_delete(event_ids uuid[]) returns bigint
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
as $$
declare
    ids uuid[];
    times timestamptz[];
begin
    perform @extschema@.musicstream_begin_correction('musicstream_delete()');
    select array_agg(r.event_id), array_agg(r.ts) into ids, times
    from @extschema@.raw_events as r
    where r.event_id = any (event_ids);
    return @extschema@.musicstream_retract(ids, times);
end
$$;

comment on function musicstream_delete(uuid[]) is 'erases these events and takes them out of the metrics; returns how many there were; one that is sent again is a new event';

revoke execute on function musicstream_delete(uuid[]) from public;

create or replace function musicstream_names_user(key bytea, payload bytea, user_id text) returns boolean
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_names_user_wrapper';

comment on function musicstream_names_user(bytea, bytea, text) is 'whether rejected input is of this user: its key, its field user_id, or a cell where it is no JSON';

-- What another session has not committed yet is not seen: the sources are to forget the user first.
create or replace function musicstream_forget_user(user_id text, out events bigint, out rejected bigint, out staged bigint)
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
    set synchronize_seqscans = off -- rows of the inbox are locked in the order in which musicstream_upsert() locks them
as $$
#variable_conflict use_column
declare
    ids uuid[];
    times timestamptz[];
begin
    perform @extschema@.musicstream_begin_correction('musicstream_forget_user()');
    -- A run that has read the events of this user would write the user down after this.
    perform @extschema@.musicstream_begin_listening('musicstream_forget_user()');

    delete from @extschema@.staging_events as s where s.user_id = musicstream_forget_user.user_id;
    get diagnostics staged = row_count;

    delete from @extschema@.rejected_events as r
    where @extschema@.musicstream_names_user(r.key, r.payload, musicstream_forget_user.user_id);
    get diagnostics rejected = row_count;

    select array_agg(r.event_id), array_agg(r.ts) into ids, times
    from @extschema@.raw_events as r
    where r.user_id = musicstream_forget_user.user_id;
    events := @extschema@.musicstream_retract(ids, times);

    delete from @extschema@.listener_days as d where d.user_id = musicstream_forget_user.user_id;
    delete from @extschema@.listener_first_days as f where f.user_id = musicstream_forget_user.user_id;
    with gone as (
        delete from @extschema@.frozen_playback as f where f.user_id = musicstream_forget_user.user_id returning f.ts
    )
    insert into @extschema@.touched_hours (hour, has_removals)
    select distinct date_bin('1 hour', ts, 'epoch'), false from gone;
end
$$;

comment on function musicstream_forget_user(text) is 'erases what a user did: events, which leave the metrics too, the days of listening, rejected input that names the user, and rows of the inbox; returns how many of each; metrics of frozen days stay, they name no one';

revoke execute on function musicstream_forget_user(text) from public;

create or replace function musicstream_reconcile(from_day date default null, to_day date default null) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
as $$
declare
    first timestamptz := greatest(from_day, date '0001-01-01')::timestamp at time zone 'UTC';
    past timestamptz := (least(to_day, date '9999-12-31') + 1)::timestamp at time zone 'UTC';
    ids uuid[];
    times timestamptz[];
begin
    if from_day > to_day then
        raise exception 'the first day % is after the last day %', from_day, to_day
            using errcode = 'invalid_parameter_value';
    end if;
    perform @extschema@.musicstream_begin_correction('musicstream_reconcile()');

    select array_agg(a.event_id), array_agg(a.ts) into ids, times
    from (
        select r.event_id, r.ts, row_number() over (partition by r.event_id order by r.ingested_at, r.ts) as arrival
        from @extschema@.raw_events as r
        where r.ts >= first and r.ts < past
            and r.event_id in (
                select s.event_id
                from @extschema@.raw_events as s
                where s.ts >= first and s.ts < past
                group by s.event_id
                having count(*) > 1
            )
    ) as a
    where a.arrival > 1;

    insert into @extschema@.rejected_events (source, partition, position, payload, reason, detail)
    select
        'raw_events',
        0,
        nextval('@extschema@.staging_position'),
        @extschema@.musicstream_event_json(r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id, r.device),
        'conflicting_duplicate',
        'event_id is stored with another ts'
    from @extschema@.musicstream_stored_events(ids, times) as r
    order by r.event_id, r.ts;

    return @extschema@.musicstream_retract(ids, times);
end
$$;

comment on function musicstream_reconcile(date, date) is 'finds each event_id that is stored on more than one of these UTC days, both included, keeps the first arrival, of one transaction the earlier event, and moves the others to rejected_events; returns how many it moved; null: no bound';

revoke execute on function musicstream_reconcile(date, date) from public;

-- The lock on raw_events is the fence: a batch takes its own on it before it asks which days are frozen, so that it either
-- commits before the partitions go or sees that they are frozen. It waits for whoever reads or writes raw_events, and
-- whoever comes later waits behind it: set lock_timeout where that may last.
-- Each partition that is dropped takes about nine locks, of which Postgres has a fixed number. So a call drops the oldest hundred
-- and freezes the days up to the last of them: what it leaves behind is what a call with a longer interval would.
create or replace function musicstream_expire(keep interval) returns table (day date, events bigint)
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
    set timezone = 'UTC' -- a day of the interval has 24 hours
as $$
#variable_conflict use_column
declare
    most constant integer := 100;
    -- The first day that stays, and the last that goes by this call.
    oldest_kept constant date := ((now() - keep) at time zone 'UTC')::date;
    newest date;
    past timestamptz;
    waiting bigint;
    leaf regclass;
    difference record;
begin
    if keep < interval '1 day' then
        raise exception 'keep % is less than a day', keep
            using errcode = 'invalid_parameter_value',
                hint = 'Say how much to keep, as in  select * from musicstream_expire(interval ''400 days'');';
    end if;
    perform @extschema@.musicstream_begin_correction('musicstream_expire()');
    -- The day before that of the next partition, if there are more.
    select coalesce(min(l.day), oldest_kept) - 1, count(*) into newest, waiting
    from (
        select l.day from @extschema@.musicstream_leaves() as l where l.day < oldest_kept order by l.day offset most
    ) as l;
    if newest < @extschema@.musicstream_frozen_before() then
        return;
    end if;
    past := (newest + 1)::timestamp at time zone 'UTC';

    -- Afterwards nothing could tell which number was right.
    perform @extschema@.musicstream_begin_listening('musicstream_expire()');
    perform @extschema@.musicstream_count_waiting(past + interval '1 day', null);
    select * into difference from @extschema@.musicstream_verify(null, newest) limit 1;
    if found then
        raise exception 'the metrics of % differ from its events', (difference.bucket at time zone 'UTC')::date
            using errcode = 'object_not_in_prerequisite_state',
                detail = format('The %s metric of %s in "%s" at %s counts %s, and %s are stored.',
                    difference.metric, coalesce(quote_ident(difference.event_type), 'any type'), difference.region,
                    to_char(difference.bucket at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
                    difference.counted, difference.stored),
                hint = 'See musicstream_verify(); musicstream_rebuild() counts anew.';
    end if;

    lock table only @extschema@.raw_events in access exclusive mode;
    -- Again: what came before the lock.
    perform @extschema@.musicstream_count_waiting(past + interval '1 day', null);
    perform @extschema@.musicstream_keep_frozen_playback(past);
    perform @extschema@.musicstream_freeze_listeners(newest + 1);
    for day, leaf in
        select l.day, l.leaf from @extschema@.musicstream_leaves() as l where l.day <= newest order by l.day
    loop
        select coalesce(sum(m.events), 0) into events
        from @extschema@.live_daily_metrics as m
        where m.day = musicstream_expire.day;
        insert into @extschema@.frozen_days (day, events) values (day, events) on conflict do nothing;
        delete from @extschema@.hour_blocks as h
        where h.hour >= day::timestamp at time zone 'UTC' and h.hour < (day + 1)::timestamp at time zone 'UTC';
        delete from @extschema@.scanned_leaves as s where s.day = musicstream_expire.day;
        execute format('drop table %s', leaf);
        raise notice 'day % is frozen with % events', day, events;
        return next;
    end loop;
    insert into @extschema@.frozen_days (day, events) values (newest, 0) on conflict do nothing;
    if waiting > 0 then
        raise notice '% more days wait for the next call of musicstream_expire(): one call drops %', waiting, most;
    end if;
end
$$;

comment on function musicstream_expire(interval) is 'drops the events of the UTC days that ended longer ago than this, and freezes the days: their metrics stay, what still comes for them is rejected as day_frozen; returns the days, the oldest hundred if there are more: call it until it returns none';

revoke execute on function musicstream_expire(interval) from public;

create or replace function musicstream_judge(payload bytea)
    returns table (
        event_id uuid,
        user_id text,
        event_type text,
        region text,
        ts timestamptz,
        song_id text,
        device text,
        reason text,
        detail text
    )
    language c immutable parallel safe rows 1
    as 'MODULE_PATHNAME', 'musicstream_judge_wrapper';

comment on function musicstream_judge(bytea) is 'the event that these bytes are in the wire format, or why they are none';

create or replace function musicstream_retry_rejected(
    reason text default null,
    source text default null,
    max_rows bigint default null
)
    returns table (retried bigint, inserted bigint, duplicate bigint, conflicting bigint, rejected bigint)
    language c volatile security definer rows 1
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
    set work_mem = '64MB' -- as in musicstream_upsert(source)
    as 'MODULE_PATHNAME', 'musicstream_retry_rejected_wrapper';

comment on function musicstream_retry_rejected(text, text, bigint) is 'judges rejected events again, oldest first, after a fix: those of this reason and source, null for any, and at most so many of those that can be read as events; what is stored now leaves rejected_events, the rest has the reason of today';

revoke execute on function musicstream_retry_rejected(text, text, bigint) from public;

insert into minute_counts (hour, event_type, region, events, late_events, minutes)
select
    date_bin('1 hour', minute, 'epoch'),
    event_type,
    region,
    sum(events),
    sum(late_events),
    musicstream_pack(minute, events, late_events)
from unpacked_minutes
group by 1, 2, 3;
alter extension pg_musicstream drop table unpacked_minutes;
drop table unpacked_minutes;
with unpacked as (
    delete from metric_deltas returning hour as minute, event_type, region, events, late_events
)
insert into metric_deltas (hour, event_type, region, events, late_events, minutes)
select
    date_bin('1 hour', minute, 'epoch'),
    event_type,
    region,
    sum(events),
    sum(late_events),
    musicstream_pack(minute, events, late_events)
from unpacked
group by 1, 2, 3;
alter table metric_deltas alter column minutes set not null;

insert into touched_hours (hour, has_removals) select distinct hour, false from minute_counts order by hour;

insert into withdrawn_event_types (event_type)
select event_type from unnest(array['play', 'pause', 'stop']) as brought (event_type)
where event_type not in (select event_type from event_types);
insert into reject_counts (reason, rejected) select reason, count(*) from rejected_events group by reason;
select musicstream_rebuild_listeners(array(
    select day from daily_metrics union select (hour at time zone 'UTC')::date from metric_deltas
));
