-- The next part of the staged inbox in the order of the ids: those after $1, null for the first, $2 of them, and all rows
-- of an id together. After the last id the rows that have none.
-- Returns the last id; null: this was the last part.
with bound as materialized (
    select (
        select event_id
        from (
            select event_id
            from pg_temp.staging_inbox
            where event_id is not null and ($1::uuid is null or event_id > $1::uuid)
            order by event_id
            limit $2::bigint
        ) as next
        order by event_id desc
        limit 1
    ) as last
), taken as (
    insert into pg_temp.staging_slice
    select *
    from pg_temp.staging_inbox
    where event_id <= (select last from bound) and ($1::uuid is null or event_id > $1::uuid)
    order by event_id
), rest as (
    insert into pg_temp.staging_slice
    select *
    from pg_temp.staging_inbox
    where event_id is null and (select last from bound) is null
)
select last from bound
