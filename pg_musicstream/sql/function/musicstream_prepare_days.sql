-- For writers of current events. A load of an archive calls musicstream_make_partitions(), which musicstream.max_new_days
-- does not limit.
create function musicstream_prepare_days(days date[]) returns integer
    language sql volatile strict security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
begin atomic
    select count(*)::integer from musicstream_internal.make_missing_partitions(days, true, false) as p where p.reason is null;
end;

comment on function musicstream_prepare_days(date[]) is 'creates the partitions that a batch with events of these UTC days would create, in a transaction before the batch; returns their number';

revoke execute on function musicstream_prepare_days(date[]) from public;
