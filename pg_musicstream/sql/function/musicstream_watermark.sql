create function musicstream_watermark() returns timestamptz
    language sql stable parallel safe
    set search_path = pg_catalog, @extschema@, pg_temp
    return (select s.watermark from @extschema@.rollup_state as s);

comment on function musicstream_watermark() is 'event time up to which all is believed to have come; null before the first rollup with events';
