-- The $4 songs with most streams on the UTC days from $1 to $2 in the regions $3 (null: all), in the order of top_songs();
-- the settled days among them beside the same days $5 days before, as far as there were hours counted then; and the
-- sums over all songs.
with days as materialized (
    select greatest($1::date, (select (min(hour) at time zone 'UTC')::date from counted_hours) + $5::integer) as first,
           s.last
    from (
        -- Days without plays have no row. At the end of the span they are not compared: their hours may not be counted yet.
        select max(day) filter (where is_settled and day < first_open) as last
        from (
            select day,
                   is_settled,
                   coalesce(min(day) filter (where not is_settled) over (), 'infinity') as first_open
            from daily_listening
            where day between $1::date and $2::date
        ) as l
    ) as s
), wanted as (
    select unnest(coalesce($3::text[], array[null::text])) as region
), counted as materialized (
    select t.song_id,
           sum(t.plays)::bigint as plays,
           sum(t.streams)::bigint as streams,
           sum(t.skips)::bigint as skips,
           (sum(t.listening_seconds) * 1000000)::bigint as listened_us
    from wanted as w cross join lateral top_songs($1, $2, w.region, null) as t
    group by t.song_id
), settled as (
    select t.song_id, sum(t.streams)::bigint as streams
    from days as d cross join wanted as w cross join lateral top_songs(d.first, d.last, w.region, null) as t
    where d.first <= d.last
    group by t.song_id
), earlier as (
    select t.song_id, sum(t.streams)::bigint as streams
    from days as d cross join wanted as w
    cross join lateral top_songs(d.first - $5::integer, d.last - $5::integer, w.region, null) as t
    where d.first <= d.last
    group by t.song_id
)
select row_number() over (order by c.streams desc, c.listened_us desc, c.song_id collate "C") as rank,
       c.song_id,
       c.plays,
       c.streams,
       c.skips,
       c.listened_us,
       coalesce(s.streams, 0) as settled_streams,
       coalesce(e.streams, 0) as earlier_streams,
       case when d.first <= d.last then d.first end as settled_first,
       case when d.first <= d.last then d.last end as settled_last,
       count(*) over () as songs,
       (sum(c.plays) over ())::bigint as all_plays,
       (sum(c.streams) over ())::bigint as all_streams,
       (sum(c.skips) over ())::bigint as all_skips,
       (sum(c.listened_us) over ())::bigint as all_listened_us
from counted as c
cross join days as d
left join settled as s on s.song_id = c.song_id
left join earlier as e on e.song_id = c.song_id
order by 1
limit $4
