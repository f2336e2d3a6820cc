-- One JSON document per line. With these two characters, which JSON text never contains, CSV reads a line unchanged.
create temp table inbox (event jsonb);
\copy inbox from pstdin with (format csv, quote e'\x01', delimiter e'\x02')
insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
select
    (event ->> 'event_id')::uuid, event ->> 'user_id', event ->> 'event_type', event ->> 'region',
    (event ->> 'ts')::timestamptz, event ->> 'song_id', event ->> 'device'
from inbox
on conflict do nothing;
