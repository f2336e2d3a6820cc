create function musicstream_internal.is_plausible(ts timestamptz) returns boolean
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'is_plausible_wrapper';

comment on function musicstream_internal.is_plausible(timestamptz) is 'whether musicstream.retention and musicstream.max_future accept events of this time';
