-- Takes the next slice of the staged inbox, ordered by event_id: the event_ids after $1 (null: from the first), about $2
-- rows, with all rows of an event_id in one slice. All rows have an event_id; see refuse_invalid.sql.
-- Returns the last event_id of the slice; null if no row was left.
with bound as materialized (
    select (
        select event_id
        from (
            select event_id
            from pg_temp.staging_inbox
            where $1::uuid is null or event_id > $1::uuid
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
)
select last from bound
