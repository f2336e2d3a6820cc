-- The minutes from $1 to $2 and the same ones a day before, each with a fingerprint that changes with its rows.
select extract(epoch from minute)::bigint / 60 as minute,
       bit_xor(hash_record_extended(row (event_type, region, events, late_events), 0)) as seen
from minute_metrics_between($1, $2)
group by minute
union all
select extract(epoch from minute)::bigint / 60,
       bit_xor(hash_record_extended(row (event_type, region, events, late_events), 0))
from minute_metrics_between($1 - interval '24 hours', least($2 - interval '24 hours', $1))
group by minute
