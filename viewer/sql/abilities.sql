-- Which features the database has, and what this role may read. The functions run with the rights of their caller, who
-- needs USAGE on the internal schema and SELECT on the tables that they read there. Looked up in the catalogue, because
-- to_regclass() fails for a name in a schema without USAGE.
with internal as (
    select c.relname, has_table_privilege(c.oid, 'select') as may_read
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'musicstream_internal' and has_schema_privilege(n.oid, 'usage')
), may_read as (
    select bool_and(may_read) filter (where relname in ('minute_counts', 'metric_deltas')) as minutes,
           bool_and(may_read) filter (where relname = 'listener_deltas') as listeners
    from internal
)
select coalesce(has_function_privilege(to_regprocedure('minute_metrics_between(timestamptz,timestamptz)'), 'execute')
           and r.minutes, false) as minutes,
       coalesce(has_function_privilege(to_regprocedure('daily_metrics_at(text,date,date)'), 'execute')
           and r.minutes, false) as zones,
       coalesce(has_function_privilege(to_regprocedure('musicstream_listeners(date,date,text[])'), 'execute')
           and has_table_privilege(to_regclass('live_daily_listeners'), 'select')
           and has_table_privilege(to_regclass('daily_listeners'), 'select')
           and r.listeners, false) as listeners,
       coalesce(has_table_privilege(to_regclass('raw_events'), 'select'), false) as events,
       current_user::text as role,
       (select extversion from pg_extension where extname = 'pg_musicstream') as version
from may_read as r
