-- A fingerprint that changes with the rejected input.
select coalesce((select rejected_by_reason::text from musicstream_status), '') || '|'
    || coalesce((select max(rejected_id) from rejected_events), 0) as mark
