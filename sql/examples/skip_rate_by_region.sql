-- Of the plays of a month, how many were skipped in each region, and how many were streams?
-- A skip is a play that an event ended before musicstream.stream_after (30 seconds), a stream is one that lasted as long.
select
    region,
    sum(plays) as plays,
    round(100.0 * sum(skips) / nullif(sum(plays), 0), 1) as skip_percent,
    round(100.0 * sum(streams) / nullif(sum(plays), 0), 1) as stream_percent
from daily_listening
where day between '2026-03-01' and '2026-03-31'
group by region
order by skip_percent desc, region;
