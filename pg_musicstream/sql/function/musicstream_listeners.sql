create function musicstream_listeners(
    from_day date default null,
    to_day date default null,
    regions text[] default null
) returns bigint
    language sql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
begin atomic
    select coalesce(round(@extschema@.musicstream_sketch_estimate(@extschema@.musicstream_sketch_union(sketch))), 0)::bigint
    from (
        select day, region, sketch from @extschema@.daily_listeners
        union all
        select day, region, sketch from musicstream_internal.listener_deltas
    ) as part
    where day >= coalesce(from_day, '-infinity')
        and day <= coalesce(to_day, 'infinity')
        and (regions is null or region = any (regions));
end;

comment on function musicstream_listeners(date, date, text[]) is 'number of distinct users of these regions (null: all) from from_day to to_day, both included (null: no limit); a user is counted once over all days and regions; an estimate with a standard error of 0.8 %; includes events that the next rollup will fold';
