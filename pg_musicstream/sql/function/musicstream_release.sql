-- The epoch grows, so that a batch that is still under way does not come after it.
create function musicstream_release(source text, partition integer, epoch bigint) returns boolean
    language sql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
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

comment on function musicstream_release(text, integer, bigint) is 'gives a source partition up that has ended, such as a file, or that its owner leaves: it no longer holds the watermark back; false to all but the owner of this epoch';

revoke execute on function musicstream_release(text, integer, bigint) from public;
