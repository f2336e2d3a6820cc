-- Where events go: the table, whether Citus is installed, and the watermark.
select 'raw_events'::regclass::oid, to_regclass('pg_catalog.pg_dist_partition') is not null, musicstream_watermark()
