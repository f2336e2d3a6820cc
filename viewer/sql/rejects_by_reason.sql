-- What is in rejected_events, by reason.
select r.key as reason,
       r.value::bigint as rejected
from musicstream_status as s
cross join lateral jsonb_each_text(s.rejected_by_reason) as r (key, value)
order by 2 desc, 1
