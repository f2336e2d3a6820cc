-- The first and the last minute up to now that have events. A minute between them without a row had none. Events ahead of the
-- server's clock say nothing about how far the others have come. An hour whose events were all removed counts as a whole.
-- The hours of minute_counts come from its index; metric_deltas is scanned once for its own, and by the function.
with deltas as (
    select min(hour) as first,
           max(hour) filter (where hour <= now()) as last
    from musicstream_internal.metric_deltas
), hours as (
    select least((select min(hour) from musicstream_internal.minute_counts), first) as first,
           greatest((select max(hour) from musicstream_internal.minute_counts where hour <= now()), last) as last
    from deltas
)
select extract(epoch from coalesce(
           (select min(m.minute) from minute_metrics_between(h.first, h.first + interval '1 hour') as m),
           h.first
       ))::bigint / 60 as first,
       extract(epoch from coalesce(
           (select max(m.minute) from minute_metrics_between(h.last, least(h.last + interval '1 hour', now())) as m),
           h.last
       ))::bigint / 60 as last
from hours as h
