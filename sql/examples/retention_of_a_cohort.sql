-- Of the users that were new in a week, how many listened again one, 7 and 28 days after their first day?
-- Exact, from the first day of each user. A day after that is not over yet for the whole cohort has no number.
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
