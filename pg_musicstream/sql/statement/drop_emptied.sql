-- Deletes groups whose events were all retracted. $1: hours in which a group may have become empty.
with emptied as (
    delete from minute_counts where hour = any ($1) and events = 0
)
delete from daily_metrics
where day in (select (hour at time zone 'UTC')::date from unnest($1) as hour)
    and events = 0
