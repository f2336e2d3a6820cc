create view listener_retention as
select
    c.day,
    c.region,
    c.new_listeners,
    case when c.day + 1 < o.day then c.day_1 end as day_1,
    case when c.day + 7 < o.day then c.day_7 end as day_7,
    case when c.day + 28 < o.day then c.day_28 end as day_28
from (
    select
        d.day,
        d.region,
        count(*) as new_listeners,
        count(*) filter (where exists (select from musicstream_internal.listener_days as l where l.user_id = d.user_id and l.day = d.day + 1)) as day_1,
        count(*) filter (where exists (select from musicstream_internal.listener_days as l where l.user_id = d.user_id and l.day = d.day + 7)) as day_7,
        count(*) filter (where exists (select from musicstream_internal.listener_days as l where l.user_id = d.user_id and l.day = d.day + 28)) as day_28
    from musicstream_internal.listener_days as d
    join musicstream_internal.listener_first_days as f on f.user_id = d.user_id and f.day = d.day
    group by d.day, d.region
    union all
    select day, region, new_listeners, day_1, day_7, day_28 from musicstream_internal.frozen_listeners where new_listeners > 0
) as c
left join (select (s.watermark at time zone 'UTC')::date as day from musicstream_internal.rollup_state as s) as o on true;

comment on view listener_retention is 'new listeners of a UTC day and region, and how many of them were active one, seven and 28 days later in any region, as of the last musicstream_rollup_listening(); exact';
comment on column listener_retention.day is 'the first active day of these users';
comment on column listener_retention.day_1 is 'active one day later; null until the watermark has passed that day';
comment on column listener_retention.day_7 is 'active seven days later; null until the watermark has passed that day';
comment on column listener_retention.day_28 is 'active 28 days later; null until the watermark has passed that day';
