create function musicstream_is_plausible(ts timestamptz) returns boolean
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_is_plausible_wrapper';

comment on function musicstream_is_plausible(timestamptz) is 'whether an event of this time is accepted, by musicstream.retention and musicstream.max_future';
