-- Events as a pure function of their numbers, in the ranges from $1 to $2; from $3 on they are for the inbox. Of twenty, one
-- is a duplicate, one conflicts with an earlier event, one has an unknown type, one is invalid. Every thousand numbers have a
-- new day.
numbered as (
    select
        n,
        kind,
        md5(origin::text)::uuid as event_id,
        'u' || origin % 97 as user_id,
        case kind
            when 'unknown_event_type' then 'teleport'
            else (array['play', 'pause', 'stop'])[1 + origin % 3]
        end as event_type,
        case kind
            when 'conflicting_duplicate' then 'mars'
            else (array['eu', 'us', 'apac', 'latam'])[1 + origin / 3 % 4]
        end as region,
        timestamptz '2026-01-01T00:00:00Z'
            + (origin / 1000 % 60 + origin % 3) * interval '24 hours'
            + origin * 7919 % 86400 * interval '1 second' as ts,
        convert_to('no event: ' || n, 'UTF8') || '\x00ff'::bytea as bytes
    from unnest($1::bigint[], $2::bigint[]) as span (first, past), generate_series(first, past - 1) as n, lateral (
        select case
            when n % 20 = 7 then 'duplicate'
            -- The inbox has no order, so no event is the first one.
            when n % 20 = 13 and n < $3::bigint then 'conflicting_duplicate'
            when n % 20 = 17 then 'unknown_event_type'
            when n % 20 = 19 then 'malformed_json'
            else 'event'
        end as kind
    ) as of_number, lateral (
        select case kind when 'duplicate' then n - 1 when 'conflicting_duplicate' then n - 2 else n end as origin
    ) as of_kind
)
