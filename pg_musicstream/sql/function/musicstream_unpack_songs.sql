create function musicstream_unpack_songs(
    songs bytea
) returns table (song_id text, plays bigint, streams bigint, skips bigint, listened_us bigint)
    language c immutable strict parallel safe rows 1000
    as 'MODULE_PATHNAME', 'musicstream_unpack_songs_wrapper';

comment on function musicstream_unpack_songs(bytea) is 'the packed songs as rows';
