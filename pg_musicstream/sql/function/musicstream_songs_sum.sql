create function musicstream_add_songs(state internal, songs bytea) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_add_songs_wrapper';

comment on function musicstream_add_songs(internal, bytea) is 'transition function of musicstream_songs_sum()';

create function musicstream_packed_songs(state internal) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_packed_songs_wrapper';

comment on function musicstream_packed_songs(internal) is 'final function of musicstream_songs_sum()';

create aggregate musicstream_songs_sum(songs bytea) (
    sfunc = musicstream_add_songs,
    stype = internal,
    sspace = 100000,
    finalfunc = musicstream_packed_songs,
    parallel = safe
);

comment on aggregate musicstream_songs_sum(bytea) is 'the sum of packed songs of several rows, song by song';
