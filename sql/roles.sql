-- Creates the roles of a musicstream database and grants their privileges. Run it as a superuser in that database after CREATE
-- EXTENSION, and again after a restore or an update of the extension. Running it twice changes nothing.
--
--   musicstream_owner   owns the extension's objects, so that no function runs with the rights of a superuser
--   musicstream_ingest  stages events, stores them by calling musicstream_upsert_batch() or musicstream_upsert(), rolls up;
--                       cannot change stored events
--   musicstream_read    reads metrics, status and the reasons of rejects; cannot read events or the bytes of rejected input
--   musicstream_read_rejected
--                       also reads keys and payloads of rejected input, which name users
--
-- None of them can log in. Grant them to roles that can:  grant musicstream_ingest to loader;
do $roles$
declare
    home text;
    role text;
    object record;
begin
    select n.nspname into strict home
    from pg_extension as e join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'pg_musicstream';

    foreach role in array array['musicstream_owner', 'musicstream_ingest', 'musicstream_read', 'musicstream_read_rejected'] loop
        if not exists (select from pg_roles where rolname = role) then
            execute format('create role %I nologin', role);
        end if;
    end loop;

    -- A role that can create objects in the extension's schema could add operators and overloads of functions that fit a call
    -- of the extension's functions better. From Postgres 15 on schema public is closed by default.
    execute format('revoke create on schema %I from public', home);
    execute format('grant usage on schema %I to musicstream_owner', home);
    grant usage, create on schema musicstream_internal to musicstream_owner; -- create: the partitions of raw_events
    execute format('grant temporary on database %I to musicstream_owner', current_database());

    -- Tables, views and sequences of the extension, and the partitions, which are not members of it. A sequence that belongs to
    -- a column changes its owner together with its table.
    for object in
        select c.oid::regclass as name, c.relkind
        from pg_class as c
        where c.relkind in ('r', 'p', 'v', 'S')
            and c.relowner <> 'musicstream_owner'::regrole
            and (
                exists (
                    select from pg_depend as d join pg_extension as e on e.oid = d.refobjid
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
                        and d.refclassid = 'pg_extension'::regclass and e.extname = 'pg_musicstream'
                )
                or exists (
                    select from pg_inherits as i
                    where i.inhrelid = c.oid and i.inhparent = format('%I.raw_events', home)::regclass
                )
            )
            and not exists (
                select from pg_depend as d
                where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i') and c.relkind = 'S'
            )
    loop
        execute format(
            'alter %s %s owner to musicstream_owner',
            case object.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end,
            object.name
        );
    end loop;

    for object in
        select p.oid::regprocedure as name
        from pg_proc as p
        join pg_depend as d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        join pg_extension as e on d.refclassid = 'pg_extension'::regclass and e.oid = d.refobjid
        where e.extname = 'pg_musicstream' and p.proowner <> 'musicstream_owner'::regrole
    loop
        execute format('alter routine %s owner to musicstream_owner', object.name);
    end loop;

    execute format('grant usage on schema %I to musicstream_ingest, musicstream_read', home);
    execute format(
        'grant select on %1$I.event_types, %1$I.accepted_event_types, %1$I.minute_metrics, %1$I.daily_metrics, %1$I.pending_days,
            %1$I.live_daily_metrics, %1$I.live_minute_metrics, %1$I.hourly_metrics, %1$I.ingest_offsets, %1$I.frozen_days,
            %1$I.musicstream_status, %1$I.musicstream_progress, %1$I.daily_listeners, %1$I.live_daily_listeners,
            %1$I.listening_rules, %1$I.counted_hours, %1$I.quarter_listening, %1$I.hourly_listening, %1$I.daily_listening,
            %1$I.daily_songs, %1$I.active_listeners, %1$I.new_listeners, %1$I.listener_retention
            to musicstream_ingest, musicstream_read', home);
    -- Functions such as daily_metrics_at() run with the rights of their caller and read these tables. None of them names users.
    grant usage on schema musicstream_internal to musicstream_ingest, musicstream_read;
    grant select on musicstream_internal.minute_counts, musicstream_internal.metric_deltas, musicstream_internal.rollup_state,
        musicstream_internal.listener_deltas, musicstream_internal.touched_hours, musicstream_internal.listening_counts,
        musicstream_internal.song_counts to musicstream_ingest, musicstream_read;
    -- Key and payload may name users. The ingestor selects the rows of its own transaction by xmin.
    execute format('revoke select on %I.rejected_events from musicstream_ingest, musicstream_read', home);
    execute format(
        'grant select (rejected_id, source, partition, position, reason, detail, received_at)
            on %I.rejected_events to musicstream_ingest, musicstream_read', home);
    execute format('grant select (xmin) on %I.rejected_events to musicstream_ingest', home);
    execute format('grant usage on schema %I to musicstream_read_rejected', home);
    execute format('grant select on %I.rejected_events to musicstream_read_rejected', home);
    execute format('grant insert on %I.staging_events to musicstream_ingest', home);
    execute format(
        'grant execute on function %1$I.musicstream_claim(text, integer, text),
            %1$I.musicstream_advance(text, integer, bigint, bigint, bigint, bytea, integer),
            %1$I.musicstream_release(text, integer, bigint),
            %1$I.musicstream_make_partitions(date[], boolean), %1$I.musicstream_prepare_days(date[]), %1$I.musicstream_session_staging(),
            %1$I.musicstream_upsert_batch(text), %1$I.musicstream_upsert(),
            %1$I.musicstream_set_rejected_bytes(text, integer[], bigint[], bytea[], bytea[]),
            %1$I.musicstream_rollup(), %1$I.musicstream_rollup_listening(), %1$I.musicstream_retry_rejected(text, text, bigint)
            to musicstream_ingest', home);
end
$roles$;
