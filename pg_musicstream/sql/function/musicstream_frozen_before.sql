create function musicstream_frozen_before() returns date
    language sql stable parallel safe
    set search_path = pg_catalog, @extschema@, pg_temp
    return coalesce((select max(f.day) + 1 from @extschema@.frozen_days as f), '-infinity');

comment on function musicstream_frozen_before() is 'the first UTC day that is not frozen; -infinity: none is';
