-- The row lock makes a claim wait for the batch that the former owner is committing; whatever that owner tries
-- afterwards meets a newer epoch.
create function musicstream_claim(
    source text,
    partition integer,
    owner text,
    out next_offset bigint,
    out epoch bigint,
    out checksum bytea,
    out leader_epoch integer
)
    language sql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    insert into @extschema@.ingest_offsets as o (source, partition, owner, epoch)
    values (musicstream_claim.source, musicstream_claim.partition, musicstream_claim.owner, 1)
    on conflict on constraint ingest_offsets_pkey do update
        set epoch = o.epoch + 1, owner = excluded.owner, updated_at = now(), released_at = null
    returning o.next_offset, o.epoch, o.checksum, o.leader_epoch;
end;

comment on function musicstream_claim(text, integer, text) is 'takes a source partition over: says where to go on, and fences the former owner';

revoke execute on function musicstream_claim(text, integer, text) from public;
