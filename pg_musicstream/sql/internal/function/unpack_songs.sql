create function musicstream_internal.unpack_songs(
    songs bytea
) returns table (song_id text, plays bigint, streams bigint, skips bigint, listened_us bigint)
    language c immutable strict parallel safe rows 1000
    as 'MODULE_PATHNAME', 'unpack_songs_wrapper';

comment on function musicstream_internal.unpack_songs(bytea) is 'packed songs as rows';
