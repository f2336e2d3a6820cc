-- What there is beside daily numbers, and what this role may read of it.
select coalesce(has_function_privilege(to_regprocedure('minute_metrics_between(timestamptz,timestamptz)'), 'execute')
           and has_table_privilege(to_regclass('minute_counts'), 'select')
           and has_table_privilege(to_regclass('metric_deltas'), 'select'), false) as minutes,
       coalesce(has_function_privilege(to_regprocedure('daily_metrics_at(text,date,date)'), 'execute')
           and has_table_privilege(to_regclass('minute_counts'), 'select')
           and has_table_privilege(to_regclass('metric_deltas'), 'select'), false) as zones,
       coalesce(has_function_privilege(to_regprocedure('musicstream_listeners(date,date,text[])'), 'execute')
           and has_table_privilege(to_regclass('live_daily_listeners'), 'select')
           and has_table_privilege(to_regclass('daily_listeners'), 'select')
           and has_table_privilege(to_regclass('listener_deltas'), 'select'), false) as listeners,
       coalesce(has_table_privilege(to_regclass('raw_events'), 'select'), false) as events,
       current_user::text as role,
       (select extversion from pg_extension where extname = 'pg_musicstream') as version
