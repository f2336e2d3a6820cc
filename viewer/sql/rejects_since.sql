-- Of the $1 newest rows of rejected_events: the earliest received_at, and the received_at of the row with the lowest rejected_id.
-- A row that a retry rejected again has a new rejected_id and keeps the time of its first rejection.
select (
           select min(received_at)
           from (select received_at from rejected_events order by rejected_id desc limit $1::bigint) as newest
       ) as first,
       (select received_at from rejected_events order by rejected_id desc offset $1::bigint - 1 limit 1) as counted_from
