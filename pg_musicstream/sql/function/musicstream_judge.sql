create function musicstream_judge(payload bytea)
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
    as 'MODULE_PATHNAME', 'musicstream_judge_wrapper';

comment on function musicstream_judge(bytea) is 'the event that these bytes are in the wire format, or why they are none';
