-- Asked every other second: nothing here may cost more with what is stored, nor without end with what waits.
create view musicstream_status as
select
    s.watermark,
    (select count(*) from (select from metric_deltas limit 100000) as pending) as pending_deltas,
    (select count(*) from (select from staging_events limit 100000) as waiting) as staged,
    coalesce(r.rejected, 0)::bigint as rejected,
    s.last_rollup_at,
    coalesce(s.revision, 0) as revision,
    coalesce(r.by_reason, '{}') as rejected_by_reason,
    s.last_rollup_ms,
    s.last_rollup_deltas,
    p.newest_event_ts,
    now() - p.newest_event_ts as lag,
    p.active_partitions,
    p.idle_partitions,
    (select count(*) from (select from touched_hours limit 100000) as waiting) as touched_hours
from (
    select
        max(max_event_ts) as newest_event_ts,
        count(*) filter (where state = 'active') as active_partitions,
        count(*) filter (where state = 'idle') as idle_partitions
    from musicstream_progress
) as p
cross join (
    select sum(rejected) as rejected, jsonb_object_agg(reason, rejected) as by_reason
    from (select reason, sum(rejected) as rejected from reject_counts group by reason having sum(rejected) <> 0) as summed
) as r
left join rollup_state as s on true;

comment on view musicstream_status is 'one row that says how the pipeline is doing';
comment on column musicstream_status.watermark is 'event time up to which all is believed to have come; musicstream_progress tells which partition it follows';
comment on column musicstream_status.pending_deltas is 'rows of metric_deltas that wait for the rollup; 100000: as many, or more';
comment on column musicstream_status.staged is 'rows of staging_events that wait for the upsert; 100000: as many, or more';
comment on column musicstream_status.rejected is 'rows of rejected_events';
comment on column musicstream_status.revision is 'grows with every rollup that changed a metric';
comment on column musicstream_status.rejected_by_reason is 'rows of rejected_events by reason';
comment on column musicstream_status.last_rollup_ms is 'how long the last rollup took, in milliseconds';
comment on column musicstream_status.last_rollup_deltas is 'how many rows of metric_deltas the last rollup folded';
comment on column musicstream_status.newest_event_ts is 'newest event time seen, clocks ahead of ours left out';
comment on column musicstream_status.lag is 'how long ago that was';
comment on column musicstream_status.active_partitions is 'source partitions that the watermark follows';
comment on column musicstream_status.idle_partitions is 'source partitions from which nothing came for musicstream.idle_after';
comment on column musicstream_status.touched_hours is 'rows of touched_hours that wait for musicstream_rollup_listening(); 100000: as many, or more';
