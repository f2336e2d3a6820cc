create function musicstream_internal.packed_minutes(state internal) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'packed_minutes_wrapper';

comment on function musicstream_internal.packed_minutes(internal) is 'final function of pack_minutes() and sum_minutes()';
