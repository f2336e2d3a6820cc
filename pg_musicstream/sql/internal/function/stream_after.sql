create function musicstream_internal.stream_after() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'stream_after_wrapper';

comment on function musicstream_internal.stream_after() is 'value of musicstream.stream_after';
