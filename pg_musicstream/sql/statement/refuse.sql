-- Takes rows ($2, of source $1) out of the batch, and keeps them with reason ($3) and detail ($4). Null: the writer gave its
-- own, and what bytes there were.
with refused as (
    delete from pg_temp.staging_batch as b
    using unnest($2::tid[], $3::text[], $4::text[]) as g (place, reason, detail)
    where b.ctid = g.place
    returning b.*, g.reason as judgement, g.detail as judgement_detail
)
insert into rejected_events (source, partition, position, key, payload, reason, detail)
select
    $1,
    coalesce(partition, 0),
    coalesce(position, -1 - nextval('staging_position')),
    key,
    case
        when judgement is null then payload
        else coalesce(payload, musicstream_event_json(event_id, user_id, event_type, region, ts, song_id, device))
    end,
    coalesce(judgement, reason),
    case when judgement is null then detail else judgement_detail end
from refused
on conflict do nothing
