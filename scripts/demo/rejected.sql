select
    reason,
    to_char(count(*), '999,999,999') as "      events",
    min(detail) as "for example"
from rejected_events
group by reason
order by count(*) desc, reason
