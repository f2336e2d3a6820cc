create table song_counts (
    quarter timestamptz not null,
    region text not null,
    songs bytea not null,
    primary key (quarter, region)
);

-- Packed songs are dense: compressing them again costs time and saves little.
alter table song_counts alter column songs set storage external;

-- As of listening_counts, for daily_songs.
create index song_counts_day on song_counts (((quarter at time zone 'UTC')::date));

comment on table song_counts is 'as listening_counts, by song, of plays that name one; daily_songs shows it';
comment on index song_counts_day is 'finds the quarters of UTC days';
comment on column song_counts.songs is 'song_id with its plays, streams, skips and listened_us of the quarter: see musicstream_unpack_songs()';

select pg_catalog.pg_extension_config_dump('song_counts', '');
