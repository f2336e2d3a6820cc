-- Writers should call it in a transaction before the batch. Then partition_lock is held only briefly, and no statement can
-- have been planned without the partition and run with a snapshot that has its deltas.
create function musicstream_make_partitions(days date[], wait boolean default true) returns integer
    language sql volatile strict security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
begin atomic
    select count(*)::integer from musicstream_internal.make_missing_partitions(days, wait, true) as p where p.reason is null;
end;

comment on function musicstream_make_partitions(date[], boolean) is 'creates the missing partitions of raw_events for these UTC days, except for frozen days and days whose events are not accepted; at most 100 per call; wait false: returns 0 if another session creates partitions; warns of a day whose partition cannot be created; returns the number of new partitions';

revoke execute on function musicstream_make_partitions(date[], boolean) from public;
