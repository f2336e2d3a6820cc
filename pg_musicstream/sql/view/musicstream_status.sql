-- Programs query this view every other second. So no column may cost more the more is stored, and counts of waiting rows have
-- a limit.
create view musicstream_status as
select
    s.watermark,
    (select count(*) from (select from musicstream_internal.metric_deltas limit 100000) as pending) as pending_deltas,
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
    (select count(distinct hour) from (select hour from musicstream_internal.touched_hours limit 100000) as waiting) as touched_hours
from (
    select
        max(max_event_ts) as newest_event_ts,
        count(*) filter (where state = 'active') as active_partitions,
        count(*) filter (where state = 'idle') as idle_partitions
    from musicstream_progress
) as p
cross join (
    select sum(rejected) as rejected, jsonb_object_agg(reason, rejected) as by_reason
    from (select reason, sum(rejected) as rejected from musicstream_internal.reject_counts group by reason having sum(rejected) <> 0) as summed
) as r
left join musicstream_internal.rollup_state as s on true;

comment on view musicstream_status is 'state of the pipeline, one row';
comment on column musicstream_status.watermark is 'newest event time of the slowest active source partition, less musicstream.lateness; musicstream_progress shows which partition it follows';
comment on column musicstream_status.pending_deltas is 'rows of metric_deltas that the next rollup will fold; at most 100000 are counted';
comment on column musicstream_status.staged is 'rows in staging_events; at most 100000 are counted';
comment on column musicstream_status.rejected is 'rows in rejected_events';
comment on column musicstream_status.revision is 'raised by every rollup and correction that changed a metric';
comment on column musicstream_status.rejected_by_reason is 'rows in rejected_events by reason';
comment on column musicstream_status.last_rollup_ms is 'duration of the last rollup in milliseconds';
comment on column musicstream_status.last_rollup_deltas is 'rows of metric_deltas that the last rollup folded';
comment on column musicstream_status.newest_event_ts is 'newest event time seen, not counting times ahead of the server''s clock';
comment on column musicstream_status.lag is 'age of newest_event_ts';
comment on column musicstream_status.active_partitions is 'source partitions that were claimed or had a valid event within musicstream.idle_after';
comment on column musicstream_status.idle_partitions is 'source partitions that were not claimed and had no valid event within musicstream.idle_after';
comment on column musicstream_status.touched_hours is 'UTC hours that wait for musicstream_rollup_listening(), among the first 100000 rows of its queue';
