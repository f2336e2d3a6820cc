create view daily_songs as
select
    (c.quarter at time zone 'UTC')::date as day,
    c.region,
    c.song_id,
    sum(c.plays)::bigint as plays,
    sum(c.streams)::bigint as streams,
    sum(c.skips)::bigint as skips,
    sum(c.listened_us) * 0.000001 as listening_seconds
from song_counts as c
group by 1, 2, 3;

comment on view daily_songs is 'listening by UTC day, region and song, of plays that name a song, as of the last musicstream_rollup_listening(); top_songs() reads a span of it faster';
comment on column daily_songs.listening_seconds is 'exact to the microsecond';
