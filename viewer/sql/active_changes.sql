-- Whose listeners changed: the first UTC day from 27 days before $1 up to $2 that a rollup wrote after $3, or that waits for
-- one; the number of rows there; and the server's clock.
select least(
           min(day) filter (where updated_at is null or updated_at > $3::timestamptz),
           (select min(p.day) from pending_days as p where p.day between $1::date - 27 and $2::date)
       ) as changed_from,
       count(*) as stored,
       now() as read_at
from live_daily_listeners
where day between $1::date - 27 and $2::date
