insert into metric_deltas (minute, event_type, region, events, late_events)
select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
