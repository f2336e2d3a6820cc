create view musicstream_progress as
with judged as (
    select
        o.*,
        case
            when o.released_at is not null then 'released'
            when o.max_event_ts is null then 'empty'
            when o.updated_at < clock_timestamp() - musicstream_idle_after() then 'idle'
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
from judged;

comment on view musicstream_progress is 'how far each source partition is, and which of them the watermark follows';
comment on column musicstream_progress.state is 'active: the watermark follows the slowest of these; idle: nothing came for musicstream.idle_after; empty: no event time seen yet; released: its owner gave it up';
comment on column musicstream_progress.max_event_ts is 'newest event time seen, clocks ahead of ours left out';
comment on column musicstream_progress.lag is 'how long ago that was';
comment on column musicstream_progress.holds_watermark is 'it is the slowest of the active ones';
comment on column musicstream_progress.updated_at is 'when it last moved';
