-- Moves the events of a musicstream database from the workers of a Citus cluster back to the coordinator, which needs the disk space for
-- them. Run it as a superuser in that database on the coordinator while no writer is connected: it copies all events and blocks
-- writers until it ends.
do $undo$
declare
    home text;
    events regclass;
    comments text[];
    note text;
    leaf regclass;
begin
    select n.nspname into strict home
    from pg_extension as e join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'pg_musicstream';
    events := format('%I.raw_events', home)::regclass;
    if to_regclass('pg_catalog.pg_dist_partition') is null then
        return;
    end if;
    if not exists (select from pg_dist_partition where logicalrelid = events) then
        return;
    end if;
    -- Citus does not keep comments and the replica identity.
    select array_agg(
        case d.objsubid
            when 0 then format('comment on table %s is %L', events, d.description)
            else format('comment on column %s.%I is %L', events,
                (select a.attname from pg_attribute as a where a.attrelid = events and a.attnum = d.objsubid), d.description)
        end
    ) into comments
    from pg_description as d
    where d.classoid = 'pg_class'::regclass and d.objoid = events;
    -- Citus replaces the table, and Postgres does not let it drop a member of an extension.
    execute format('alter extension pg_musicstream drop table %s', events);
    perform undistribute_table(events);
    execute format('alter extension pg_musicstream add table %I.raw_events', home);
    foreach note in array comments loop
        execute note;
    end loop;
    execute format('alter table %I.raw_events replica identity full', home);
    for leaf in select i.inhrelid from pg_inherits as i where i.inhparent = format('%I.raw_events', home)::regclass loop
        execute format('alter table %s replica identity full', leaf);
    end loop;
    alter role musicstream_owner nologin;
    execute format('revoke create on schema %I from musicstream_owner', home); -- citus.sql granted it for the shards
end
$undo$;
