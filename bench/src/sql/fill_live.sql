-- A year of three types and fifty regions, and a minute of batches, two a second, that no rollup has seen.
truncate daily_metrics, metric_deltas;
insert into daily_metrics (day, event_type, region, events, late_events, updated_at)
select current_date - d, t, 'region-' || to_char(r, 'FM00'), 1000 * d, d, now()
from generate_series(0, 364) as d, unnest(array['play', 'pause', 'stop']) as t, generate_series(0, 49) as r;
insert into metric_deltas (minute, event_type, region, events, late_events)
select date_trunc('minute', now()) + b / 60 * interval '1 minute', t, 'region-' || to_char(r, 'FM00'), 700, 0
from generate_series(1, 120) as b, unnest(array['play', 'pause', 'stop']) as t, generate_series(0, 49) as r
