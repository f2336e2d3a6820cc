-- Inserts events, given by columns and ordered by event_id, that are not stored yet. Returns those that it inserted, from a
-- query around it: SPI compares the number of rows that come back with the number that a statement says it has changed, which
-- Citus counts otherwise.
with inserted as (
    insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
    select *
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[])
    on conflict do nothing
    returning event_id
)
select event_id from inserted
