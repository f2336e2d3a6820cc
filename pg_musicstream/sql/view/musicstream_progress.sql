create view musicstream_progress as
with partitions as (
    select
        o.*,
        case
            when o.released_at is not null then 'released'
            when o.max_event_ts is null then 'empty'
            -- A time ahead of the clock was written before the clock was set back, so it is not known how long ago that was.
            -- Without the upper limit the partition would stay active until the clock shows that time again.
            when o.active_at not between clock_timestamp() - musicstream_internal.idle_after()
                and clock_timestamp() + interval '1 minute' then 'idle'
            else 'active'
        end as state
    from ingest_offsets as o
)
select
    source,
    partition,
    state,
    next_offset,
    epoch,
    owner,
    max_event_ts,
    now() - max_event_ts as lag,
    state = 'active' and max_event_ts = min(max_event_ts) filter (where state = 'active') over () as holds_watermark,
    updated_at
from partitions;

comment on view musicstream_progress is 'progress of each source partition, and which partition holds the watermark back';
comment on column musicstream_progress.state is 'active: claimed, or with a valid event, within musicstream.idle_after; idle: neither; empty: no event time seen yet; released: given up by its owner';
comment on column musicstream_progress.max_event_ts is 'newest event time seen, not counting times ahead of the server''s clock';
comment on column musicstream_progress.lag is 'age of max_event_ts';
comment on column musicstream_progress.holds_watermark is 'the slowest active partition: the watermark follows it';
comment on column musicstream_progress.updated_at is 'time of the last change';
