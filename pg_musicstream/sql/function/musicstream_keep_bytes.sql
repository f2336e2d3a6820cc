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
    ), kept as (
        update @extschema@.rejected_events as r
        set key = g.key, payload = g.payload
        from given as g
        where r.source = musicstream_keep_bytes.source
            and r.partition = g.partition
            and r.position = g.position
            and r.xmin = pg_current_xact_id()::xid
        returning 1
    )
    select count(*) from kept;
end;

comment on function musicstream_keep_bytes(text, integer[], bigint[], bytea[], bytea[]) is 'gives rows of rejected_events that this transaction wrote their key and payload as they came; returns how many';

revoke execute on function musicstream_keep_bytes(text, integer[], bigint[], bytea[], bytea[]) from public;
