create function musicstream_pack_minute(state internal, minute timestamptz, events bigint, late_events bigint) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_pack_minute_wrapper';

comment on function musicstream_pack_minute(internal, timestamptz, bigint, bigint) is 'transition function of musicstream_pack()';

create aggregate musicstream_pack(minute timestamptz, events bigint, late_events bigint) (
    sfunc = musicstream_pack_minute,
    stype = internal,
    sspace = 1000,
    finalfunc = musicstream_packed,
    parallel = safe
);

comment on aggregate musicstream_pack(timestamptz, bigint, bigint) is 'packs the counts of the minutes of one hour, as in minute_counts';
