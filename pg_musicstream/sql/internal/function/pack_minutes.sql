create function musicstream_internal.pack_minutes_step(state internal, minute timestamptz, events bigint, late_events bigint) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'pack_minutes_step_wrapper';

comment on function musicstream_internal.pack_minutes_step(internal, timestamptz, bigint, bigint) is 'transition function of pack_minutes()';

create aggregate musicstream_internal.pack_minutes(minute timestamptz, events bigint, late_events bigint) (
    sfunc = musicstream_internal.pack_minutes_step,
    stype = internal,
    sspace = 1000,
    finalfunc = musicstream_internal.packed_minutes,
    parallel = safe
);

comment on aggregate musicstream_internal.pack_minutes(timestamptz, bigint, bigint) is 'packs the counts of the minutes of one hour, in the format of minute_counts';
