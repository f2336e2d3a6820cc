-- The rows of the batch, for upsert/survey.rs to judge.
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
