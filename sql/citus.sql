-- Distributes the events of a musicstream database over the workers of a Citus cluster. Run it as a superuser in that database on the
-- coordinator, after sql/extension.sql and sql/roles.sql, and again after a restore or after sql/roles.sql. Running it twice changes
-- nothing. sql/citus-undo.sql reverses it.
--
-- raw_events is distributed by event_id. An event_id belongs to one shard, and the leaf of its day there has it in a unique index, so an
-- upsert finds duplicates where it inserts. All other tables stay on the coordinator: a batch changes the inbox, ingest_offsets,
-- metric_deltas, listener_deltas and rejected_events in one transaction with its events, and the metrics are small.
-- Existing partitions are distributed with their events, later ones when they are created.
--
-- citus.shard_count sets the number of shards (default 32):  set citus.shard_count = 8;
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
    -- With one shard Citus does not commit in two phases, but on the worker first: a crash in between would leave events that no
    -- metric counts.
    if current_setting('citus.shard_count')::integer < 2 then
        raise exception 'one shard is not enough' using hint = 'Set citus.shard_count to 2 or more.';
    end if;
    if not exists (select from pg_dist_partition where logicalrelid = events) then
        perform create_distributed_table(events, 'event_id', colocate_with => 'none');
        -- Deletes the coordinator's local copies, which are no longer visible.
        perform truncate_local_data_after_distributing_table(events);
    end if;

    -- The functions run with the rights of their owner, on the workers, too, so the coordinator connects as this role. The role has no
    -- password: pg_hba.conf of the workers should accept it from the coordinator only.
    alter role musicstream_owner login;
    -- The owner creates the shards of raw_events in the extension's schema, also when a shard moves to another worker. Citus gives
    -- that schema the coordinator's privileges on every worker, so it is granted here.
    execute format('grant create on schema %I to musicstream_owner', home);
    -- Citus creates the extension on the workers, but does not copy privileges on its internal schema, which has the partitions.
    perform run_command_on_workers('grant usage, create on schema musicstream_internal to musicstream_owner');
    -- The extension created raw_events on the workers, too, with the default owner and privileges. Copy those of the coordinator.
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
