-- Creates views that sum the metrics of several independent musicstream databases, each of which reads some partitions of a topic, and
-- that merge their listeners. Run it with any client in a database with the extension and the roles of sql/roles.sql, as a role that
-- may create schemas and has a user mapping for each server. Run it again after adding a server: it replaces the views.
--
-- Before, for each of the databases, with a role there that has musicstream_read:
--
--   create extension postgres_fdw;
--   create server musicstream_1 foreign data wrapper postgres_fdw options (host '…', dbname '…', fetch_size '10000');
--   create user mapping for current_user server musicstream_1 options (user '…', password '…');
--
-- Includes every server of postgres_fdw whose name begins with musicstream_. The extension must be in a schema of the same name on
-- each server. The numbers of each database are exact at one moment; the moments of two databases may differ.
do $union$
declare
    home text;
    servers text[];
    server text;
    -- The relations of the servers that the views read.
    foreign_tables constant text[] := array[
        'live_daily_metrics', 'hourly_metrics', 'daily_listeners', 'listener_deltas', 'rollup_state', 'ingest_offsets'
    ];
    internal_tables constant text[] := array['listener_deltas', 'rollup_state'];
    all_of text[];
    name text;
begin
    select n.nspname into home
    from pg_extension as e join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'pg_musicstream';
    if home is null then
        raise exception 'this database has no extension pg_musicstream'
            using hint = 'Its functions merge the listeners. Run sql/extension.sql and sql/roles.sql here first.';
    end if;
    if to_regrole('musicstream_read') is null then
        raise exception 'there is no role musicstream_read, which the views are granted to'
            using hint = 'Run sql/roles.sql in this database first.';
    end if;
    select array_agg(s.srvname::text order by s.srvname) into servers
    from pg_foreign_server as s join pg_foreign_data_wrapper as w on w.oid = s.srvfdw
    where w.fdwname = 'postgres_fdw' and starts_with(s.srvname, 'musicstream_');
    if servers is null then
        raise exception 'there is no foreign server whose name begins with musicstream_'
            using hint = 'Create one for each database as the first lines of this file show.';
    end if;

    drop schema if exists musicstream_union cascade;
    create schema musicstream_union;
    comment on schema musicstream_union is 'views over several musicstream databases, created by sql/union.sql';
    foreach server in array servers loop
        execute format('import foreign schema %I limit to (%s) from server %I into musicstream_union', home,
            (select string_agg(quote_ident(t), ', ') from unnest(foreign_tables) as t where t <> all (internal_tables)), server);
        execute format('import foreign schema musicstream_internal limit to (%s) from server %I into musicstream_union',
            (select string_agg(quote_ident(t), ', ') from unnest(internal_tables) as t), server);
        foreach name in array foreign_tables loop
            execute format('alter foreign table musicstream_union.%I rename to %I', name, server || '_' || name);
        end loop;
    end loop;

    -- The same query on each server.
    select array_agg(
        (select string_agg(format('select %L::text as server, t.* from musicstream_union.%I as t', s, s || '_' || f), E'\nunion all\n')
         from unnest(servers) as s)
        order by place
    ) into all_of
    from unnest(foreign_tables) with ordinality as g (f, place);

    execute format($view$
        create view musicstream_union.daily_metrics as
        select
            m.day,
            m.event_type,
            m.region,
            sum(m.events)::bigint as events,
            sum(m.late_events)::bigint as late_events,
            -- Final on all servers, because events that one of them has not read yet can be of any day.
            coalesce(m.day < (
                select case when count(w.watermark) = %s then (min(w.watermark) at time zone 'UTC')::date end
                from (%s) as w
            ), false) as is_final
        from (%s) as m
        group by m.day, m.event_type, m.region
        $view$, cardinality(servers), all_of[5], all_of[1]);
    comment on view musicstream_union.daily_metrics is 'events by UTC day, event type and region, of all servers, including events that their next rollups will fold; is_final: the watermarks of all servers have passed the end of the day';

    execute format($view$
        create view musicstream_union.hourly_metrics as
        select m.hour, m.event_type, m.region, sum(m.events)::bigint as events, sum(m.late_events)::bigint as late_events
        from (%s) as m
        group by m.hour, m.event_type, m.region
        $view$, all_of[2]);
    comment on view musicstream_union.hourly_metrics is 'events by UTC hour, event type and region, of all servers, including events that their next rollups will fold';

    execute format($view$
        create view musicstream_union.daily_listeners as
        select
            u.day,
            u.region,
            round(%1$I.musicstream_sketch_estimate(u.sketch))::bigint as listeners,
            u.sketch
        from (
            select l.day, l.region, %1$I.musicstream_sketch_union(l.sketch) as sketch
            from (
                select d.day, d.region, d.sketch from (%2$s) as d
                union all
                select p.day, p.region, p.sketch from (%3$s) as p
            ) as l
            group by l.day, l.region
        ) as u
        $view$, home, all_of[3], all_of[4]);
    comment on view musicstream_union.daily_listeners is 'distinct users by UTC day and region, of all servers; a user of several servers is counted once';

    execute format($view$
        create view musicstream_union.partitions_read_twice as
        select o.source, o.partition, array_agg(o.server order by o.server) as servers
        from (%s) as o
        where o.next_offset is not null
        group by o.source, o.partition
        having count(*) > 1
        $view$, all_of[6]);
    comment on view musicstream_union.partitions_read_twice is 'source partitions of which more than one server has stored events, so that these are counted twice; empty if there is none';

    grant usage on schema musicstream_union to musicstream_read;
    grant select on musicstream_union.daily_metrics, musicstream_union.hourly_metrics, musicstream_union.daily_listeners,
        musicstream_union.partitions_read_twice to musicstream_read;
end
$union$;
