-- Inserts the events that are not stored yet. $1 to $7: their columns, ordered by event_id. Returns the inserted event_ids.
-- The INSERT stands in a WITH query, because SPI compares the number of returned rows with the number of changed rows, and
-- Citus reports a different number of changed rows.
with inserted as (
    insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
    select *
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[])
    on conflict do nothing
    returning event_id
)
select event_id from inserted
