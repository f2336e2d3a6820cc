create function musicstream_internal.idle_after() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'idle_after_wrapper';

comment on function musicstream_internal.idle_after() is 'value of musicstream.idle_after';
