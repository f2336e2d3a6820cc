-- A compare-and-swap on epoch and offset. The epoch stops a former owner. The offset stops an owner from storing a batch
-- twice. Together they stop an owner whose database was restored to an earlier state.
-- Without source_identity the stored one stays, because brokers of old versions do not report the id of a topic. leader_epoch
-- is always replaced, because the leader epoch of an earlier offset says nothing about this one.
-- active_at stays: a partition whose records are all rejected does not move max_event_ts either, and if it counted as active it
-- would stop the watermark of all sources. A batch with a valid event sets it; see statement/record_progress.sql.
create function musicstream_advance(
    source text,
    partition integer,
    from_offset bigint,
    to_offset bigint,
    epoch bigint,
    source_identity bytea default null,
    leader_epoch integer default null
) returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    held record;
begin
    if to_offset is null or to_offset < from_offset then
        raise exception 'cannot advance partition % of source "%" from offset % to offset %', partition, source, from_offset, to_offset
            using errcode = 'invalid_parameter_value',
                hint = 'to_offset is the first offset that is not stored yet, and not below from_offset.';
    end if;

    update @extschema@.ingest_offsets as o
    set next_offset = to_offset,
        source_identity = coalesce(musicstream_advance.source_identity, o.source_identity),
        leader_epoch = musicstream_advance.leader_epoch,
        updated_at = now()
    where o.source = musicstream_advance.source
        and o.partition = musicstream_advance.partition
        and o.epoch = musicstream_advance.epoch
        and o.next_offset is not distinct from from_offset;

    if not found then
        select o.next_offset, o.epoch, o.owner into held
        from @extschema@.ingest_offsets as o
        where o.source = musicstream_advance.source and o.partition = musicstream_advance.partition;

        raise exception 'fenced: partition % of source "%" is not at offset % under epoch %',
            partition, source, coalesce(from_offset::text, 'none'), epoch
            using
                errcode = 'MS001',
                detail = case
                    when coalesce(held.epoch, 0) = 0 then 'The partition was never claimed.'
                    else format('It is at offset %s under epoch %s, %s.',
                        coalesce(held.next_offset::text, 'none'), held.epoch,
                        coalesce('owned by "' || held.owner || '"', 'without an owner'))
                end,
                hint = 'Roll back, call musicstream_claim(), and continue from the offset that it returns.';
    end if;
end
$$;

comment on function musicstream_advance(text, integer, bigint, bigint, bigint, bytea, integer) is 'moves a source partition from one offset to another, in the transaction that stores the batch; raises MS001 unless the caller owns the partition and it is at from_offset';

revoke execute on function musicstream_advance(text, integer, bigint, bigint, bigint, bytea, integer) from public;
