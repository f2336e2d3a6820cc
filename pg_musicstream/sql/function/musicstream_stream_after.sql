create function musicstream_stream_after() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_stream_after_wrapper';

comment on function musicstream_stream_after() is 'the setting musicstream.stream_after';
