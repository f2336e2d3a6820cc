-- What was refused again came when it came first. $1 source, $2 the newest number before it was judged again, $3 to $5
-- where and when.
update rejected_events as r
set received_at = g.received_at
from unnest($3::integer[], $4::bigint[], $5::timestamptz[]) as g (partition, position, received_at)
where r.source = $1 and r.partition = g.partition and r.position = g.position and r.rejected_id > $2
