create function musicstream_idle_after() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_idle_after_wrapper';

comment on function musicstream_idle_after() is 'the setting musicstream.idle_after';
