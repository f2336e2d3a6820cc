create function musicstream_internal.session_gap() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'session_gap_wrapper';

comment on function musicstream_internal.session_gap() is 'value of musicstream.session_gap';
