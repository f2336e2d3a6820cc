create function musicstream_internal.event_json(
    event_id text, user_id text, event_type text, region text, ts text, song_id text, device text
) returns bytea
    language sql stable parallel safe
    set search_path = pg_catalog, pg_temp
    return convert_to(json_strip_nulls(json_build_object(
        'event_id', event_id, 'user_id', user_id, 'event_type', event_type, 'region', region, 'ts', ts,
        'song_id', song_id, 'device', device
    ))::text, 'UTF8');

comment on function musicstream_internal.event_json(text, text, text, text, text, text, text) is 'an event in the wire format, for rejected events whose writer gave no bytes';

-- Typed values are converted to the text of the wire format.
create function musicstream_internal.event_json(
    event_id uuid, user_id text, event_type text, region text, ts timestamptz, song_id text, device text
) returns bytea
    language sql stable parallel safe
    set search_path = pg_catalog, pg_temp
    return musicstream_internal.event_json(
        event_id::text, user_id, event_type, region,
        case
            when ts >= '0001-01-01T00:00:00Z' and ts < 'infinity'
                then to_char(ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            else ts::text -- not valid in the wire format, and to_char() cannot print it
        end,
        song_id, device
    );

comment on function musicstream_internal.event_json(uuid, text, text, text, timestamptz, text, text) is 'a stored or staged event in the wire format, for rejected events whose writer gave no bytes';
