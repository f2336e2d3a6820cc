create function musicstream_internal.parse_ts(value text) returns timestamptz
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'parse_ts_wrapper';

comment on function musicstream_internal.parse_ts(text) is 'converts a ts in the wire format, UTC unless it has a zone; null if it is not valid';
