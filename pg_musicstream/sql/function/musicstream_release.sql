-- Raises the epoch, so that a batch still in flight cannot be committed later.
create function musicstream_release(source text, partition integer, epoch bigint) returns boolean
    language sql volatile strict security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
begin atomic
    with released as (
        update @extschema@.ingest_offsets as o
        set owner = null, epoch = o.epoch + 1, released_at = now(), updated_at = now()
        where o.source = musicstream_release.source
            and o.partition = musicstream_release.partition
            and o.epoch = musicstream_release.epoch
            and o.released_at is null
        returning 1
    )
    select exists (select from released);
end;

comment on function musicstream_release(text, integer, bigint) is 'gives up a source partition that has ended, such as a file, or that its owner no longer reads; it then no longer holds the watermark back; false if the caller is not the owner by this epoch';

revoke execute on function musicstream_release(text, integer, bigint) from public;
