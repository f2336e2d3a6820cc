create function musicstream_internal.add_minutes(minutes bytea, others bytea) returns bytea
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'add_minutes_wrapper';

comment on function musicstream_internal.add_minutes(bytea, bytea) is 'sum of two packed hours, minute by minute';
