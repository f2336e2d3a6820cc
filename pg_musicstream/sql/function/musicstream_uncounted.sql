create function musicstream_uncounted() returns tstzmultirange
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select @extschema@.musicstream_touched_quarters(array(
        select hour from @extschema@.touched_hours
        union
        select hour from @extschema@.metric_deltas
    ));
end;

comment on function musicstream_uncounted() is 'the quarters whose numbers of listening do not have all events yet that are stored: musicstream_rollup_listening() has still to count them';
