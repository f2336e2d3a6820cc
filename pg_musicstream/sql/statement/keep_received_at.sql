-- Restores received_at of rows that were rejected again by a retry. $1: source; $2: the highest rejected_id before the retry;
-- $3 to $5: partition, position and received_at of the retried rows.
update rejected_events as r
set received_at = g.received_at
from unnest($3::integer[], $4::bigint[], $5::timestamptz[]) as g (partition, position, received_at)
where r.source = $1 and r.partition = g.partition and r.position = g.position and r.rejected_id > $2
