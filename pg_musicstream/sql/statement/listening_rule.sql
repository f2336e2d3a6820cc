-- A listening rule, with its durations in microseconds. $1: its number.
select
    (extract(epoch from max_listen) * 1000000)::bigint,
    (extract(epoch from stream_after) * 1000000)::bigint,
    (extract(epoch from session_gap) * 1000000)::bigint,
    starting_types,
    starting_types || ending_types
from listening_rules
where rule = $1
