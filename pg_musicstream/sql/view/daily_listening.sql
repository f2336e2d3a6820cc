create view daily_listening as
select
    (c.quarter at time zone 'UTC')::date as day,
    c.region,
    sum(c.plays)::bigint as plays,
    sum(c.streams)::bigint as streams,
    sum(c.skips)::bigint as skips,
    sum(c.listened_us) * 0.000001 as listening_seconds,
    sum(c.sessions)::bigint as sessions,
    coalesce(
        -- 24 hours, because a day may have 23 or 25 in the time zone of the session.
        date_bin('1 day', c.quarter, 'epoch'::timestamptz) + interval '24 hours' <= s.settled_before
            and not tstzrange(
                date_bin('1 day', c.quarter, 'epoch'::timestamptz),
                date_bin('1 day', c.quarter, 'epoch'::timestamptz) + interval '24 hours'
            ) && s.uncounted,
        false
    ) as is_settled
from musicstream_internal.listening_counts as c
cross join (
    select musicstream_settled_before() as settled_before, musicstream_internal.uncounted_quarters() as uncounted
    offset 0 -- once for all rows
) as s
group by 1, 2, date_bin('1 day', c.quarter, 'epoch'::timestamptz), s.settled_before, s.uncounted;

comment on view daily_listening is 'quarter_listening by UTC day; daily_listening_at() has the days of other time zones';
comment on column daily_listening.listening_seconds is 'exact to the microsecond';
comment on column daily_listening.is_settled is 'all quarters of the day are settled, see quarter_listening';
