create function musicstream_listeners(
    from_day date default null,
    to_day date default null,
    regions text[] default null
) returns bigint
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select coalesce(round(@extschema@.musicstream_sketch_estimate(@extschema@.musicstream_sketch_union(sketch))), 0)::bigint
    from (
        select day, region, sketch from @extschema@.daily_listeners
        union all
        select day, region, sketch from @extschema@.listener_deltas
    ) as part
    where day >= coalesce(from_day, '-infinity')
        and day <= coalesce(to_day, 'infinity')
        and (regions is null or region = any (regions));
end;

comment on function musicstream_listeners(date, date, text[]) is 'distinct users of these UTC days, both included, and regions, each counted once however many days and regions had them; an estimate, standard error 0.8 %; null: no bound, all regions; what waits for the rollup is included';
