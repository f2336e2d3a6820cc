create view pending_days as
select distinct (hour at time zone 'UTC')::date as day
from musicstream_internal.metric_deltas;

comment on view pending_days is 'UTC days with events that the next musicstream_rollup() adds to daily_metrics; live_daily_metrics includes them';
