create function musicstream_pack_minutes(state internal, minutes bytea) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_pack_minutes_wrapper';

comment on function musicstream_pack_minutes(internal, bytea) is 'transition function of musicstream_minutes_sum()';

create aggregate musicstream_minutes_sum(minutes bytea) (
    sfunc = musicstream_pack_minutes,
    stype = internal,
    sspace = 1000,
    finalfunc = musicstream_packed,
    parallel = safe
);

comment on aggregate musicstream_minutes_sum(bytea) is 'the sum of packed minutes of several rows, minute by minute';
