-- Of the users who were new in a week, the share that listened again 1, 7 and 28 days after their first day; exact.
-- A percentage is null until the watermark has passed that day for all users of the cohort.
select
    region,
    sum(new_listeners) as new_listeners,
    case when bool_and(day_1 is not null) then round(100.0 * sum(day_1) / sum(new_listeners), 1) end as day_1_percent,
    case when bool_and(day_7 is not null) then round(100.0 * sum(day_7) / sum(new_listeners), 1) end as day_7_percent,
    case when bool_and(day_28 is not null) then round(100.0 * sum(day_28) / sum(new_listeners), 1) end as day_28_percent
from listener_retention
where day between '2026-03-02' and '2026-03-08'
group by region
order by region;
