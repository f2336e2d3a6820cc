-- Takes rejected events back into a batch: those of source $1 with reason $2 and a rejected_id above $3 and up to $4, at most
-- $5 rows. Without a reason those of any but conflicting_duplicate: the event that was stored first may be on another day,
-- where an insert does not find it, so that a retry would count the event_id twice.
-- Rows that are not events in the wire format stay; if they are JSON, their reason and detail are updated to those of the
-- present rules.
-- Returns the number of rows that were read, the highest rejected_id, and partition, position and received_at of the rows
-- that are now in the batch.
with taken as materialized (
    select rejected_id, partition, position, key, payload, received_at
    from rejected_events
    where source = $1
        and (reason = $2 or $2 is null and reason <> 'conflicting_duplicate')
        and rejected_id > $3
        and rejected_id <= $4
    order by rejected_id
    limit $5
    for update
), decoded as materialized (
    select t.rejected_id, t.partition, t.position, t.key, t.payload, t.received_at, j.*
    from taken as t cross join lateral decode_event(t.payload) as j
), relabelled as (
    update rejected_events as r
    set reason = j.reason, detail = j.detail
    from decoded as j
    where r.rejected_id = j.rejected_id
        and j.reason not in ('malformed_json', 'not_utf8')
        and (r.reason, r.detail) is distinct from (j.reason, j.detail)
), released as (
    delete from rejected_events as r
    using decoded as j
    where r.rejected_id = j.rejected_id and j.reason is null
), staged as (
    insert into pg_temp.staging_inbox (
        partition, position, event_id, user_id, event_type, region, ts, song_id, device, key, payload
    )
    select
        partition,
        position,
        event_id,
        user_id,
        event_type,
        region,
        ts,
        song_id,
        device,
        key,
        payload
    from decoded
    where reason is null
)
select
    count(*),
    max(rejected_id),
    array_agg(partition order by rejected_id) filter (where reason is null),
    array_agg(position order by rejected_id) filter (where reason is null),
    array_agg(received_at order by rejected_id) filter (where reason is null)
from decoded
