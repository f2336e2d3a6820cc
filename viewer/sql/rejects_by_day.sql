-- Rejected input by UTC day and reason, among the $3 newest rows: that bounds the cost.
select (received_at at time zone 'UTC')::date as day,
       reason,
       count(*) as rejected
from (
    select received_at, reason
    from rejected_events
    order by rejected_id desc
    limit $3
) as newest
where received_at >= $1::date::timestamp at time zone 'UTC'
    and received_at < ($2::date + 1)::timestamp at time zone 'UTC'
group by 1, 2
