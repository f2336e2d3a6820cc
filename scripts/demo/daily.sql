select
    day,
    to_char(sum(events) filter (where event_type = 'play'), '999,999,999') as "        play",
    to_char(sum(events) filter (where event_type = 'pause'), '999,999,999') as "       pause",
    to_char(sum(events) filter (where event_type = 'stop'), '999,999,999') as "        stop",
    to_char(sum(events), '999,999,999') as "      events",
    to_char(sum(late_events), '999,999,999') as "        late"
from daily_metrics
where day > (select max(day) - 7 from daily_metrics)
group by day
order by day
