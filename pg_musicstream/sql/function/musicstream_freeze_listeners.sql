create function musicstream_freeze_listeners(before date) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- Later days still tell who of a day's new listeners came back.
    last_day constant date := before - 29;
begin
    insert into @extschema@.frozen_listeners
        (day, region, new_listeners, returning_listeners, day_1, day_7, day_28)
    select
        d.day,
        d.region,
        count(*) filter (where f.day = d.day),
        count(*) filter (where f.day < d.day),
        count(*) filter (where f.day = d.day and exists (
            select from @extschema@.listener_days as l where l.user_id = d.user_id and l.day = d.day + 1
        )),
        count(*) filter (where f.day = d.day and exists (
            select from @extschema@.listener_days as l where l.user_id = d.user_id and l.day = d.day + 7
        )),
        count(*) filter (where f.day = d.day and exists (
            select from @extschema@.listener_days as l where l.user_id = d.user_id and l.day = d.day + 28
        ))
    from @extschema@.listener_days as d
    join @extschema@.listener_first_days as f using (user_id)
    where d.day <= last_day
    group by d.day, d.region;
    delete from @extschema@.listener_days as d where d.day <= last_day;
end
$$;

comment on function musicstream_freeze_listeners(date) is 'puts numbers in the place of names for the days that end 28 days or more before this one, the first that is not frozen';

revoke execute on function musicstream_freeze_listeners(date) from public;
