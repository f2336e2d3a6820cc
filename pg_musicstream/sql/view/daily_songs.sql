create view daily_songs as
select
    c.day,
    c.region,
    s.song_id,
    s.plays,
    s.streams,
    s.skips,
    s.listened_us * 0.000001 as listening_seconds
from (
    select (k.quarter at time zone 'UTC')::date as day, k.region, musicstream_internal.sum_songs(k.songs) as songs
    from musicstream_internal.song_counts as k
    group by (k.quarter at time zone 'UTC')::date, k.region
) as c
cross join lateral musicstream_internal.unpack_songs(c.songs) as s;

comment on view daily_songs is 'listening by UTC day, region and song, for plays with a song_id, as of the last musicstream_rollup_listening(); top_songs() is faster for a span of days';
comment on column daily_songs.listening_seconds is 'exact to the microsecond';
