-- The rows of the batch, and whether each has all that can be stored: refuse.sql takes out the others, and those whose
-- times are not plausible.
select
    coalesce(b.partition, 0),
    coalesce(b.ts, 'infinity'),
    coalesce(b.event_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(
        b.reason is null
            and b.event_id is not null
            and b.user_id is not null
            and b.region is not null
            and b.event_type = any (array(select t.event_type from event_types as t)),
        false
    ),
    b.ctid,
    coalesce(b.position, 9223372036854775807)
from pg_temp.staging_batch as b
