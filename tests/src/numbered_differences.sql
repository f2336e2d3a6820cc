, truth as (
    select event_id, user_id, event_type, region, ts from numbered where kind = 'event'
), stored as (
    select event_id, user_id, event_type, region, ts from raw_events
), refused as (
    -- Rows of the inbox have neither positions nor bytes.
    select
        case when n < $3 then n end as position,
        case when n >= $3 and kind = 'malformed_json' then 'invalid_event_id' else kind end as reason,
        case when n < $3 and kind = 'malformed_json' then bytes end as bytes
    from numbered
    where kind not in ('event', 'duplicate')
), kept as (
    select
        case when source <> 'staging_events' then position end as position,
        reason,
        case when reason = 'malformed_json' then payload end as bytes
    from rejected_events
), difference as (
    select 'lost' as difference, to_jsonb(lost) as what from (table truth except all table stored) as lost
    union all
    select 'surplus', to_jsonb(surplus) from (table stored except all table truth) as surplus
    union all
    select 'reject lost', to_jsonb(lost) from (table refused except all table kept) as lost
    union all
    select 'reject surplus', to_jsonb(surplus) from (table kept except all table refused) as surplus
)
select to_jsonb(d)::text from difference as d limit 20
