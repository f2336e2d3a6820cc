create function musicstream_watermark() returns timestamptz
    language sql stable parallel safe
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    return (select s.watermark from musicstream_internal.rollup_state as s);

comment on function musicstream_watermark() is 'newest event time of the slowest active source partition, less musicstream.lateness: earlier events that still arrive may be late; null before the first rollup with events';
