create function top_songs(
    "from" date,
    "to" date,
    region text default null,
    n integer default 10,
    out rank bigint,
    out song_id text,
    out plays bigint,
    out streams bigint,
    out skips bigint,
    out listening_seconds numeric
) returns setof record
    language sql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
begin atomic
    select
        row_number() over (order by s.streams desc, s.listened_us desc, s.song_id collate "C"),
        s.song_id,
        s.plays,
        s.streams,
        s.skips,
        s.listened_us * 0.000001
    from musicstream_internal.unpack_songs((
        select musicstream_internal.sum_songs(c.songs)
        from musicstream_internal.song_counts as c
        where c.quarter >= coalesce("from"::timestamp at time zone 'UTC', '-infinity')
            and c.quarter < coalesce(("to" + 1)::timestamp at time zone 'UTC', 'infinity')
            and (top_songs.region is null or c.region = top_songs.region)
    )) as s
    order by 1
    limit n;
end;

comment on function top_songs(date, date, text, integer) is 'the n songs with most streams from "from" to "to", both included (null: no limit), in a region (null: all); songs with equal streams are ordered by listening time';
