-- The numbers of the minutes $1 as they stand now; by the hours that hold them, which is how they are stored.
select extract(epoch from m.minute)::bigint / 60 as minute,
       m.event_type,
       m.region,
       m.events::bigint as events,
       m.late_events::bigint as late_events
from (
    select distinct date_bin('1 hour', minute, 'epoch') as hour
    from unnest($1::timestamptz[]) as minute
) as h
cross join lateral minute_metrics_between(h.hour, h.hour + interval '1 hour') as m
where m.minute = any ($1::timestamptz[])
