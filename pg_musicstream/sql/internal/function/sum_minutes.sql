create function musicstream_internal.sum_minutes_step(state internal, minutes bytea) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'sum_minutes_step_wrapper';

comment on function musicstream_internal.sum_minutes_step(internal, bytea) is 'transition function of sum_minutes()';

create aggregate musicstream_internal.sum_minutes(minutes bytea) (
    sfunc = musicstream_internal.sum_minutes_step,
    stype = internal,
    sspace = 1000,
    finalfunc = musicstream_internal.packed_minutes,
    parallel = safe
);

comment on aggregate musicstream_internal.sum_minutes(bytea) is 'sum of packed minutes over several rows, minute by minute';
