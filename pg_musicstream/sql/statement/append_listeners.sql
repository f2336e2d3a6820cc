insert into listener_deltas (day, region, sketch)
select * from unnest($1::date[], $2::text[], $3::bytea[])
