create function musicstream_internal.check_fields(
    event_id text, user_id text, event_type text, region text, ts text, song_id text, device text
) returns text[]
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'check_fields_wrapper';

comment on function musicstream_internal.check_fields(text, text, text, text, text, text, text) is 'checks these fields by the rules of the wire format; returns reason and detail of the first violation, or null';
