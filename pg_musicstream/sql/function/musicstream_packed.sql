create function musicstream_packed(state internal) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_packed_wrapper';

comment on function musicstream_packed(internal) is 'final function of musicstream_pack() and musicstream_minutes_sum()';
