-- Looks raw_events up by name when called, because Citus replaces the table when it is undistributed.
create function musicstream_leaves(out day date, out leaf regclass) returns setof record
    language sql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
begin atomic
    select to_date(right(c.relname, 8), 'YYYYMMDD'), c.oid::regclass
    from pg_inherits as i
    join pg_class as c on c.oid = i.inhrelid
    where i.inhparent = to_regclass('@extschema@.raw_events') and c.relname ~ '^raw_events_\d{8}$';
end;

comment on function musicstream_leaves() is 'the partitions of raw_events and their UTC days';
