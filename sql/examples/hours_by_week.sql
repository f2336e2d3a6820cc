-- Hours listened by week and region. Weeks begin on Monday, in UTC.
-- For weeks of another zone read daily_listening_at('Europe/Berlin') instead of daily_listening.
-- A week that is not settled has not ended, or its last events may still arrive, so its numbers may change.
select
    date_trunc('week', day::timestamp)::date as week,
    region,
    round(sum(listening_seconds) / 3600, 1) as hours,
    bool_and(is_settled) as is_settled
from daily_listening
where day between '2026-03-02' and '2026-03-29' -- Monday to Sunday
group by week, region
order by week, hours desc, region;
