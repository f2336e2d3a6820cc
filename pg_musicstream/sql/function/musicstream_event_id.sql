create function musicstream_event_id(value text) returns uuid
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_event_id_wrapper';

comment on function musicstream_event_id(text) is 'the UUID that an event_id in the wire format names; null if it is none';
