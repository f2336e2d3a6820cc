create function musicstream_internal.max_listen() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'max_listen_wrapper';

comment on function musicstream_internal.max_listen() is 'value of musicstream.max_listen';
