-- Moves the rows of a large inbox that are not valid events to rejected_events, without reading them into memory. They have no
-- event_id, so slices would not divide them. $1: source. Returns their number.
with refused as (
    delete from pg_temp.staging_inbox
    where reason is not null
    returning *
), kept as (
    insert into rejected_events (source, partition, position, payload, reason, detail)
    select $1, partition, position, payload, reason, detail
    from refused
    on conflict do nothing
)
select count(*) from refused
