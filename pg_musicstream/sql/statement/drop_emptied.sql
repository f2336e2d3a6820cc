-- Groups of which every event was retracted are as if they had never been. $1 minutes.
with emptied as (
    delete from minute_metrics where minute = any ($1) and events = 0
)
delete from daily_metrics
where day in (select (date_bin('1 day', minute, 'epoch') at time zone 'UTC')::date from unnest($1) as minute)
    and events = 0
