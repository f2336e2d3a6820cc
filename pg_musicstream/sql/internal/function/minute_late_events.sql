create function musicstream_internal.minute_late_events(minutes bytea, minute timestamptz) returns bigint
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'minute_late_events_wrapper';

comment on function musicstream_internal.minute_late_events(bytea, timestamptz) is 'late events of one minute in the packed minutes of its hour';
