create function musicstream_minute_late_events(minutes bytea, minute timestamptz) returns bigint
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_minute_late_events_wrapper';

comment on function musicstream_minute_late_events(bytea, timestamptz) is 'how many late events of this minute packed minutes of its hour count';
