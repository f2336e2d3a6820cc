-- What the batch touches: for each source partition and UTC day the number of rows, the span of their times, and
-- the newest time that is not ahead of the clock ($1). Day null: rows that cannot be stored. $2 oldest and $3 newest
-- plausible time.
select
    partition,
    case when storable then date_bin('1 day', ts, 'epoch') end as day,
    count(*) as rows,
    min(ts) as first_ts,
    max(ts) as last_ts,
    max(ts) filter (where ts <= $1) as max_event_ts
from (
    select
        partition,
        ts,
        -- false or null: refuse.sql takes the row out
        b.reason is null
            and b.ts >= $2
            and b.ts <= $3
            and b.event_id is not null
            and b.user_id is not null
            and b.region is not null
            and b.event_type = any (array(select t.event_type from event_types as t)) as storable
    from pg_temp.staging_batch as b
) as judged
group by 1, 2
