create function musicstream_internal.decode_event(payload bytea)
    returns table (
        event_id uuid,
        user_id text,
        event_type text,
        region text,
        ts timestamptz,
        song_id text,
        device text,
        reason text,
        detail text
    )
    language c immutable parallel safe rows 1
    as 'MODULE_PATHNAME', 'decode_event_wrapper';

comment on function musicstream_internal.decode_event(bytea) is 'decodes an event in the wire format (JSON); returns its fields, or reason and detail if it is not valid';
