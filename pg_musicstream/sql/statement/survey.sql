-- The rows of the batch. upsert/survey.rs checks them.
select
    ctid,
    reason is not null,
    event_id,
    user_id,
    event_type,
    region,
    ts,
    song_id,
    device,
    partition,
    position
from pg_temp.staging_batch
