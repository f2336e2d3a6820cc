create function musicstream_max_listen() returns interval
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_max_listen_wrapper';

comment on function musicstream_max_listen() is 'the setting musicstream.max_listen';
