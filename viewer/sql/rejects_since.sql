-- When the first rejected input that is kept came, and the oldest of the $1 newest rows.
select (select received_at from rejected_events order by rejected_id limit 1) as first,
       (select received_at from rejected_events order by rejected_id desc offset $1::bigint - 1 limit 1) as counted_from
