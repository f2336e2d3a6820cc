create function musicstream_refusal(
    event_id text, user_id text, event_type text, region text, ts text, song_id text, device text
) returns text[]
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_refusal_wrapper';

comment on function musicstream_refusal(text, text, text, text, text, text, text) is 'why these fields are no event in the wire format, as reason and detail; null if they are one';
