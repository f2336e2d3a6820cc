-- The row lock makes a claim wait until the batch of the former owner is committed. Every later batch of the former owner
-- fails because of the higher epoch.
create function musicstream_claim(
    source text,
    partition integer,
    owner text,
    out next_offset bigint,
    out epoch bigint,
    out source_identity bytea,
    out leader_epoch integer
)
    language sql volatile strict security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
begin atomic
    insert into @extschema@.ingest_offsets as o (source, partition, owner, epoch)
    values (musicstream_claim.source, musicstream_claim.partition, musicstream_claim.owner, 1)
    on conflict on constraint ingest_offsets_pkey do update
        set epoch = o.epoch + 1, owner = excluded.owner, updated_at = now(), active_at = now(), released_at = null
    returning o.next_offset, o.epoch, o.source_identity, o.leader_epoch;
end;

comment on function musicstream_claim(text, integer, text) is 'makes the caller the owner of a source partition and returns where to continue; the former owner can no longer write';

revoke execute on function musicstream_claim(text, integer, text) from public;
