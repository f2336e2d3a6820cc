create view hourly_listening as
select
    date_bin('1 hour', c.quarter, 'epoch'::timestamptz) as hour,
    c.region,
    sum(c.plays)::bigint as plays,
    sum(c.streams)::bigint as streams,
    sum(c.skips)::bigint as skips,
    sum(c.listened_us) * 0.000001 as listening_seconds,
    sum(c.sessions)::bigint as sessions,
    coalesce(
        date_bin('1 hour', c.quarter, 'epoch'::timestamptz) + interval '1 hour' <= s.settled_before
            and not tstzrange(
                date_bin('1 hour', c.quarter, 'epoch'::timestamptz),
                date_bin('1 hour', c.quarter, 'epoch'::timestamptz) + interval '1 hour'
            ) && s.uncounted,
        false
    ) as is_settled
from musicstream_internal.listening_counts as c
cross join (
    select musicstream_settled_before() as settled_before, musicstream_internal.uncounted_quarters() as uncounted
    offset 0 -- once for all rows
) as s
group by 1, 2, s.settled_before, s.uncounted;

comment on view hourly_listening is 'quarter_listening by UTC hour';
comment on column hourly_listening.listening_seconds is 'exact to the microsecond';
comment on column hourly_listening.is_settled is 'all quarters of the hour are settled, see quarter_listening';
