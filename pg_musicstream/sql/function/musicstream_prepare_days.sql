-- For a writer that takes events as they come; who loads an archive asks for its days with musicstream_make_partitions().
create function musicstream_prepare_days(days date[]) returns integer
    language sql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select count(*)::integer from @extschema@.musicstream_provide_partitions(days, true, false) as p where p.reason is null;
end;

comment on function musicstream_prepare_days(date[]) is 'makes the partitions that a batch with events of these UTC days would make, in a transaction before it; returns how many';

revoke execute on function musicstream_prepare_days(date[]) from public;
