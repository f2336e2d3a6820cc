-- The newest rejected input of a reason (null: any), without its bytes: of the $2 newest rows.
select rejected_id,
       received_at,
       reason,
       source,
       partition,
       position,
       detail
from (
    select rejected_id, received_at, reason, source, partition, position, detail
    from rejected_events
    order by rejected_id desc
    limit $2
) as newest
where $1::text is null or reason = $1
order by rejected_id desc
limit 100
