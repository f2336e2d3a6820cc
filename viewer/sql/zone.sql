-- How far the clock of zone $1 is ahead of UTC, now and at the watermark ($2), in seconds; no row: no such zone.
-- A clock that is set back soon after midnight returns to the day before: that counts for the watermark.
-- $3: whether the zone is known to exist, because the server reads 1,800 files for pg_timezone_names.
select $1::text as name,
       extract(epoch from now() at time zone $1 - now() at time zone 'UTC')::bigint as ahead,
       (select min(extract(epoch from
            (mark + quarters * interval '15 minutes') at time zone $1 - mark at time zone 'UTC'))::bigint
        from (select coalesce($2::timestamptz, now()) as mark) as watermark,
            generate_series(0, 12) as quarters) as ahead_at_watermark
where $3::boolean or exists (select from pg_timezone_names where name = $1)
