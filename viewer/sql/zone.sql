-- How far a zone's clock is ahead of UTC, now and at the watermark, in seconds; no row: no such zone.
-- A clock that is set back soon after midnight returns to the day before: that counts for the watermark.
select name,
       extract(epoch from utc_offset)::bigint as ahead,
       (select min(extract(epoch from
            (mark + quarters * interval '15 minutes') at time zone name - mark at time zone 'UTC'))::bigint
        from (select coalesce($2::timestamptz, now()) as mark) as watermark,
            generate_series(0, 12) as quarters) as ahead_at_watermark
from pg_timezone_names
where name = $1
