create function musicstream_internal.parse_event_id(value text) returns uuid
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'parse_event_id_wrapper';

comment on function musicstream_internal.parse_event_id(text) is 'converts an event_id in the wire format to a UUID; null if it is not valid';
