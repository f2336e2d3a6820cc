create function musicstream_internal.freeze_listeners(before date) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- Retention of a day needs the users of the 28 days after it, so newer days keep their users.
    last_day constant date := before - 29;
begin
    insert into musicstream_internal.frozen_listeners
        (day, region, new_listeners, returning_listeners, day_1, day_7, day_28)
    select
        d.day,
        d.region,
        count(*) filter (where f.day = d.day),
        count(*) filter (where f.day < d.day),
        count(*) filter (where f.day = d.day and exists (
            select from musicstream_internal.listener_days as l where l.user_id = d.user_id and l.day = d.day + 1
        )),
        count(*) filter (where f.day = d.day and exists (
            select from musicstream_internal.listener_days as l where l.user_id = d.user_id and l.day = d.day + 7
        )),
        count(*) filter (where f.day = d.day and exists (
            select from musicstream_internal.listener_days as l where l.user_id = d.user_id and l.day = d.day + 28
        ))
    from musicstream_internal.listener_days as d
    join musicstream_internal.listener_first_days as f using (user_id)
    where d.day <= last_day
    group by d.day, d.region;
    delete from musicstream_internal.listener_days as d where d.day <= last_day;
end
$$;

comment on function musicstream_internal.freeze_listeners(date) is 'replaces the users in listener_days by numbers in frozen_listeners, for days that ended at least 28 days before the first day that is not frozen';

revoke execute on function musicstream_internal.freeze_listeners(date) from public;
