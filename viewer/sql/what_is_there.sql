-- Asked after an error only: which of the objects that the viewer reads are there, and which version of the extension.
select to_regclass('live_daily_metrics') is not null as has_metrics,
       to_regclass('musicstream_status') is not null as has_status,
       (select extversion from pg_extension where extname = 'pg_musicstream') as version,
       exists (select from pg_available_extensions where name = 'pg_musicstream') as available
