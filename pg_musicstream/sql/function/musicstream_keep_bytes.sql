-- Good rows are staged without their bytes, which would double what a batch moves. What the upsert then refused (an
-- unknown type, a conflict) gets them by this call, in the same transaction: rows of other transactions stay as they
-- are, for the caller may not change what is stored.
create function musicstream_keep_bytes(
    source text,
    partitions integer[],
    positions bigint[],
    keys bytea[],
    payloads bytea[]
) returns bigint
    language sql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    with given as (
        select * from unnest(partitions, positions, keys, payloads) as g (partition, position, key, payload)
    ), refused as materialized (
        select
            r.rejected_id,
            g.key,
            g.payload,
            exists (
                select from @extschema@.rejected_events as o
                where o.source = musicstream_keep_bytes.source
                    and o.partition = g.partition
                    and o.position = g.position
                    and o.rejected_id <> r.rejected_id
                    and o.payload = g.payload
            ) as is_known
        from given as g
        join @extschema@.rejected_events as r
            on r.source = musicstream_keep_bytes.source and r.partition = g.partition and r.position = g.position
        where @extschema@.musicstream_is_own(r.xmin)
    ), kept as (
        update @extschema@.rejected_events as r
        set key = f.key, payload = f.payload
        from refused as f
        where r.rejected_id = f.rejected_id and not f.is_known
    ), known as (
        -- The record came before, and its bytes are there.
        delete from @extschema@.rejected_events as r
        using refused as f
        where r.rejected_id = f.rejected_id and f.is_known
    )
    select count(*) from refused;
end;

comment on function musicstream_keep_bytes(text, integer[], bigint[], bytea[], bytea[]) is 'gives rows of rejected_events that this transaction wrote their key and payload as they came; returns how many';

revoke execute on function musicstream_keep_bytes(text, integer[], bigint[], bytea[], bytea[]) from public;
