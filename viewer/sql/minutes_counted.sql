-- The first and the last minute that have events. A minute between them without a row had none.
select (
           select extract(epoch from min(m.minute))::bigint / 60
           from minute_metrics_between(h.first, h.first + interval '1 hour') as m
       ) as first,
       (
           select extract(epoch from max(m.minute))::bigint / 60
           from minute_metrics_between(h.last, h.last + interval '1 hour') as m
       ) as last
from (
    select least((select min(hour) from musicstream_internal.minute_counts), (select min(hour) from musicstream_internal.metric_deltas)) as first,
           greatest((select max(hour) from musicstream_internal.minute_counts), (select max(hour) from musicstream_internal.metric_deltas)) as last
) as h
