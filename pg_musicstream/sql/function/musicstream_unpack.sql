create function musicstream_unpack(
    hour timestamptz,
    minutes bytea
) returns table (minute timestamptz, events bigint, late_events bigint)
    language c immutable strict parallel safe rows 60
    as 'MODULE_PATHNAME', 'musicstream_unpack_wrapper';

comment on function musicstream_unpack(timestamptz, bytea) is 'the packed minutes of this hour as rows, those without a count left out';
