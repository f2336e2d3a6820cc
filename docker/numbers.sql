-- Prints today's events by type and region every ten seconds until psql ends.
\pset null -
select current_time(0) as at, event_type, sum(events) as events, string_agg(region || ' ' || events, ', ' order by region) as by_region
from live_daily_metrics
where day = (now() at time zone 'utc')::date
group by event_type
order by events desc
\watch 10
