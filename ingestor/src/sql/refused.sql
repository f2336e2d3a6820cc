-- The rejects of this transaction. $2 to $4: by partition, the lowest and the highest position of the batch.
select r.partition, r.position, r.reason, coalesce(r.detail, '')
from unnest($2::integer[], $3::bigint[], $4::bigint[]) as span (partition, first, last)
join rejected_events as r
    on r.source = $1 and r.partition = span.partition and r.position between span.first and span.last
where r.xmin = pg_current_xact_id()::xid
