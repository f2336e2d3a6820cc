-- The first bytes of rejected input, and how many there are.
select rejected_id,
       substring(payload from 1 for 400) as payload,
       coalesce(octet_length(payload), 0) as payload_bytes
from rejected_events
where rejected_id = any ($1::bigint[])
