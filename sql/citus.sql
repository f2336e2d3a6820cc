-- Distributes the events of a musicstream database over the workers of a Citus cluster. To be run by a superuser in that database
-- on the coordinator, after sql/extension.sql and sql/roles.sql, and again after a restore or after sql/roles.sql; what is done
-- already stays. sql/citus-undo.sql takes it back.
--
-- raw_events is distributed by event_id: an event_id has one shard, whose leaf of the day has it once, so that an upsert finds
-- duplicates where it inserts. Everything else stays on the coordinator, because a batch changes it in one transaction with
-- its events: the inbox, ingest_offsets, metric_deltas, listener_deltas, rejected_events. The metrics are small.
-- Partitions that are there are distributed with their events; those that are made later are distributed when they are made.
--
-- The number of shards is that of citus.shard_count, which is 32 unless set:  set citus.shard_count = 8;
do $citus$
declare
    home text;
    events regclass;
    owner regrole;
    right_of record;
begin
    select n.nspname into home
    from pg_extension as e join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'pg_musicstream';
    if home is null then
        raise exception 'this database has no extension pg_musicstream'
            using hint = 'Run sql/extension.sql and sql/roles.sql first.';
    end if;
    if to_regclass('pg_catalog.pg_dist_node') is null then
        raise exception 'this database has no extension citus'
            using hint = 'Run  create extension citus;  here and in the database of the same name on each worker, then citus_set_coordinator_host() and citus_add_node() here.';
    end if;
    if not exists (select from pg_dist_node where groupid <> 0 and noderole = 'primary' and shouldhaveshards and isactive) then
        raise exception 'the Citus cluster has no worker'
            using hint = 'Add workers with  select citus_add_node(''HOST'', PORT);  on the coordinator.';
    end if;

    events := format('%I.raw_events', home)::regclass;
    select c.relowner into owner from pg_class as c where c.oid = events;
    if owner::text <> 'musicstream_owner' then
        raise exception 'table % belongs to %, not to musicstream_owner', events, owner
            using hint = 'Run sql/roles.sql first: the coordinator connects to the workers as the owner of the functions.';
    end if;
    -- With one shard Citus commits on the worker before the coordinator, not in two phases: a crash in between would keep
    -- events that no metric counts.
    if current_setting('citus.shard_count')::integer < 2 then
        raise exception 'one shard is not enough' using hint = 'Set citus.shard_count to 2 or more.';
    end if;
    if not exists (select from pg_dist_partition where logicalrelid = events) then
        perform create_distributed_table(events, 'event_id', colocate_with => 'none');
        -- The coordinator's own copies, which nobody would see any more.
        perform truncate_local_data_after_distributing_table(events);
    end if;

    -- The functions run with their owner's rights, on the workers too. The role has no password: pg_hba.conf of a worker says
    -- from where it may come, which should be the coordinator.
    alter role musicstream_owner login;
    -- The workers' own raw_events came with the extension, so its owner and its rights are not those of the coordinator's.
    execute format('alter table %s owner to musicstream_owner', events);
    for right_of in
        select a.grantee, string_agg(a.privilege_type, ', ') as privileges
        from pg_class as c, aclexplode(c.relacl) as a
        where c.oid = events and a.grantee <> c.relowner and not a.is_grantable
        group by a.grantee
    loop
        execute format('grant %s on %s to %s', right_of.privileges, events,
            case right_of.grantee when 0 then 'public' else right_of.grantee::regrole::text end);
    end loop;
end
$citus$;
