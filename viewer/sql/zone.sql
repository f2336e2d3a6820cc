-- How far a zone's clock is ahead of UTC, now and at the watermark, in seconds; no row: no such zone.
select name,
       extract(epoch from utc_offset)::bigint as ahead,
       extract(epoch from coalesce($2::timestamptz, now()) at time zone name
           - coalesce($2::timestamptz, now()) at time zone 'UTC')::bigint as ahead_at_watermark
from pg_timezone_names
where name = $1
