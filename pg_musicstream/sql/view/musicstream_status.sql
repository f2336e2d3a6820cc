create view musicstream_status as
select
    (select watermark from rollup_state) as watermark,
    (select count(*) from metric_deltas) as pending_deltas,
    (select count(*) from staging_events) as staged,
    (select count(*) from rejected_events) as rejected,
    (select last_rollup_at from rollup_state) as last_rollup_at,
    coalesce((select revision from rollup_state), 0) as revision;

comment on view musicstream_status is 'one row that says how the pipeline is doing';
comment on column musicstream_status.pending_deltas is 'rows of metric_deltas that wait for the rollup';
comment on column musicstream_status.staged is 'rows of staging_events that wait for the upsert';
comment on column musicstream_status.revision is 'grows with every rollup that changed a metric';
