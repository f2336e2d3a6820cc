create function musicstream_internal.frozen_before() returns date
    language sql stable parallel safe
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    return coalesce((select max(f.day) + 1 from @extschema@.frozen_days as f), '-infinity');

comment on function musicstream_internal.frozen_before() is 'first UTC day that is not frozen; -infinity if no day is frozen';
