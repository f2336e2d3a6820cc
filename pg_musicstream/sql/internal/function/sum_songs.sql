create function musicstream_internal.sum_songs_step(state internal, songs bytea) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'sum_songs_step_wrapper';

comment on function musicstream_internal.sum_songs_step(internal, bytea) is 'transition function of sum_songs()';

create function musicstream_internal.packed_songs(state internal) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'packed_songs_wrapper';

comment on function musicstream_internal.packed_songs(internal) is 'final function of sum_songs()';

create aggregate musicstream_internal.sum_songs(songs bytea) (
    sfunc = musicstream_internal.sum_songs_step,
    stype = internal,
    sspace = 100000,
    finalfunc = musicstream_internal.packed_songs,
    parallel = safe
);

comment on aggregate musicstream_internal.sum_songs(bytea) is 'sum of packed songs over several rows, song by song';
