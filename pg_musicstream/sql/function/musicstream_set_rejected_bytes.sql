-- An ingestor stages valid events without their bytes, which would double the size of a batch. For the events that the upsert
-- then rejects (unknown type, conflict) it adds the bytes with this function, in the same transaction. Rows of other
-- transactions cannot be changed.
create function musicstream_set_rejected_bytes(
    source text,
    partitions integer[],
    positions bigint[],
    keys bytea[],
    payloads bytea[]
) returns bigint
    language sql volatile strict security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
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
                where o.source = musicstream_set_rejected_bytes.source
                    and o.partition = g.partition
                    and o.position = g.position
                    and o.rejected_id <> r.rejected_id
                    and o.payload = g.payload
            ) as is_known
        from given as g
        join @extschema@.rejected_events as r
            on r.source = musicstream_set_rejected_bytes.source and r.partition = g.partition and r.position = g.position
        where musicstream_internal.is_own_xid(r.xmin)
    ), completed as (
        update @extschema@.rejected_events as r
        set key = f.key, payload = f.payload
        from refused as f
        where r.rejected_id = f.rejected_id and not f.is_known
    ), repeated as (
        -- The same record was rejected before and is stored with its bytes.
        delete from @extschema@.rejected_events as r
        using refused as f
        where r.rejected_id = f.rejected_id and f.is_known
    )
    select count(*) from refused;
end;

comment on function musicstream_set_rejected_bytes(text, integer[], bigint[], bytea[], bytea[]) is 'sets key and payload of rows in rejected_events that the current transaction wrote; returns the number of rows';

revoke execute on function musicstream_set_rejected_bytes(text, integer[], bigint[], bytea[], bytea[]) from public;
