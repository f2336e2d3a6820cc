create view quarter_listening as
select
    c.quarter,
    c.region,
    c.plays,
    c.streams,
    c.skips,
    c.listened_us * 0.000001 as listening_seconds,
    c.sessions,
    coalesce(
        c.quarter + interval '15 minutes' <= s.settled_before
            and not tstzrange(c.quarter, c.quarter + interval '15 minutes') && s.uncounted,
        false
    ) as is_settled
from musicstream_internal.listening_counts as c
cross join (
    select musicstream_settled_before() as settled_before, musicstream_internal.uncounted_quarters() as uncounted
    offset 0 -- once for all rows
) as s;

comment on view quarter_listening is 'listening by quarter of an hour and region, as of the last musicstream_rollup_listening(); plays, streams, skips and sessions belong to the quarter in which they began, seconds to the quarter in which they were played';
comment on column quarter_listening.streams is 'plays of at least musicstream.stream_after';
comment on column quarter_listening.skips is 'shorter plays that an event ended';
comment on column quarter_listening.listening_seconds is 'exact to the microsecond';
comment on column quarter_listening.is_settled is 'all stored events are counted and the watermark has passed everything that the numbers depend on; late events can still change them';
