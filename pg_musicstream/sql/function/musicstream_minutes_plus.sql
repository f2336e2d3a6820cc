create function musicstream_minutes_plus(minutes bytea, others bytea) returns bytea
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_minutes_plus_wrapper';

comment on function musicstream_minutes_plus(bytea, bytea) is 'the sum of packed minutes, minute by minute';
