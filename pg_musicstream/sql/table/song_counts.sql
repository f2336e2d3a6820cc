create table song_counts (
    quarter timestamptz not null,
    region text not null,
    song_id text not null,
    plays bigint not null,
    streams bigint not null,
    skips bigint not null,
    listened_us bigint not null,
    primary key (quarter, region, song_id)
) with (fillfactor = 80); -- as of listening_counts

comment on table song_counts is 'as listening_counts, by song, of plays that name one; daily_songs shows it';
comment on column song_counts.plays is 'as in listening_counts';
comment on column song_counts.streams is 'as in listening_counts';
comment on column song_counts.skips is 'as in listening_counts';
comment on column song_counts.listened_us is 'as in listening_counts';

select pg_catalog.pg_extension_config_dump('song_counts', '');
