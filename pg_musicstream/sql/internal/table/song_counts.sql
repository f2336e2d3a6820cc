create table musicstream_internal.song_counts (
    quarter timestamptz not null,
    region text not null,
    songs bytea not null,
    primary key (quarter, region)
);

-- Packed songs are dense, so compression costs time and saves little.
alter table musicstream_internal.song_counts alter column songs set storage external;

-- As in listening_counts, for daily_songs.
create index song_counts_day on musicstream_internal.song_counts (((quarter at time zone 'UTC')::date));

comment on table musicstream_internal.song_counts is 'listening by quarter of an hour and region, split by song, for plays with a song_id; the view daily_songs presents it';
comment on index musicstream_internal.song_counts_day is 'finds the quarters of UTC days';
comment on column musicstream_internal.song_counts.songs is 'each song_id with its plays, streams, skips and listened_us in the quarter, packed; unpack_songs() reads them';

select pg_catalog.pg_extension_config_dump('musicstream_internal.song_counts', '');
