insert into metric_deltas (hour, event_type, region, events, late_events, minutes)
select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[])
