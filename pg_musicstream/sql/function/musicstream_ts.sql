create function musicstream_ts(value text) returns timestamptz
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_ts_wrapper';

comment on function musicstream_ts(text) is 'the time that a ts in the wire format names, UTC where it has no zone; null if it is none';
