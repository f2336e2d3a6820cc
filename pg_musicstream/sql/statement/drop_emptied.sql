-- Groups of which every event was retracted are as if they had never been. $1 hours.
with emptied as (
    delete from minute_counts where hour = any ($1) and events = 0
)
delete from daily_metrics
where day in (select (hour at time zone 'UTC')::date from unnest($1) as hour)
    and events = 0
