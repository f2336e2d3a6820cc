create view new_listeners as
select
    d.day,
    d.region,
    count(*) filter (where f.day = d.day) as new_listeners,
    count(*) filter (where f.day < d.day) as returning_listeners
from musicstream_internal.listener_days as d
join musicstream_internal.listener_first_days as f using (user_id)
group by d.day, d.region
union all
select day, region, new_listeners, returning_listeners from musicstream_internal.frozen_listeners;

comment on view new_listeners is 'users who started or ended playback on a UTC day and in a region, as of the last musicstream_rollup_listening(); exact; a user in two regions is counted in both';
comment on column new_listeners.new_listeners is 'users whose first active day in any region this was';
comment on column new_listeners.returning_listeners is 'users who were active on an earlier day';
