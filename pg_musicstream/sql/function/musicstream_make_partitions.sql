-- A writer does well to call it in a transaction of its own before the batch. The lock is then held for a moment, and
-- no statement that was planned without the partition can run on a snapshot that has the partition's deltas.
create function musicstream_make_partitions(days date[], wait boolean default true) returns integer
    language sql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select count(*)::integer from @extschema@.musicstream_provide_partitions(days, wait, true) as p where p.reason is null;
end;

comment on function musicstream_make_partitions(date[], boolean) is 'makes the partitions of raw_events for those of these UTC days whose events are accepted and that are not frozen, where they are missing, at most 100 at once; returns how many; wait false: not while another session makes some; warns of a day whose partition something is in the way of';

revoke execute on function musicstream_make_partitions(date[], boolean) from public;
