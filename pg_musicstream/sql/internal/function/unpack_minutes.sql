create function musicstream_internal.unpack_minutes(
    hour timestamptz,
    minutes bytea
) returns table (minute timestamptz, events bigint, late_events bigint)
    language c immutable strict parallel safe rows 60
    as 'MODULE_PATHNAME', 'unpack_minutes_wrapper';

comment on function musicstream_internal.unpack_minutes(timestamptz, bytea) is 'the packed minutes of this hour as rows, without minutes that have no events';
