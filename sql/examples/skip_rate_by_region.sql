-- Of the plays of a month, the share of skips and of streams in each region.
-- A skip is a play that an event ended before musicstream.stream_after (30 seconds), a stream is a play of at least that length.
select
    region,
    sum(plays) as plays,
    round(100.0 * sum(skips) / nullif(sum(plays), 0), 1) as skip_percent,
    round(100.0 * sum(streams) / nullif(sum(plays), 0), 1) as stream_percent
from daily_listening
where day between '2026-03-01' and '2026-03-31'
group by region
order by skip_percent desc, region;
