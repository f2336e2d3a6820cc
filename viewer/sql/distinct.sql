-- Distinct listeners: of the days $1 to $2; of those of them that are compared, $3 to $4; and of the days $5 earlier than
-- these. There is no comparison where listeners of some of these days were not counted, as before an update.
select musicstream_listeners($1, $2, $6) as listeners,
       case when counted.is_whole then musicstream_listeners($3, $4, $6) end as compared,
       case when counted.is_whole then musicstream_listeners($3 - $5::integer, $4 - $5, $6) end as before
from (
    select count(distinct day) = 2 * ($4::date - $3::date + 1) as is_whole
    from live_daily_listeners
    where day between $3 and $4 or day between $3 - $5::integer and $4 - $5
) as counted
