create function musicstream_internal.uncounted_quarters() returns tstzmultirange
    language sql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
begin atomic
    select musicstream_internal.touched_quarters(array(
        select hour from musicstream_internal.touched_hours
        union
        select hour from musicstream_internal.metric_deltas
    ));
end;

comment on function musicstream_internal.uncounted_quarters() is 'the quarters whose listening counts lack stored events, until musicstream_rollup_listening() counts them';
