create function musicstream_session_gap() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_session_gap_wrapper';

comment on function musicstream_session_gap() is 'the setting musicstream.session_gap';
