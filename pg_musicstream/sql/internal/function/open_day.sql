-- Looks three hours ahead, because a clock that is set back shortly after midnight returns to the day before.
create function musicstream_internal.open_day(zone text, moment timestamptz) returns date
    language plpgsql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
declare
    open_day date;
begin
    begin
        select min(((moment + ahead * interval '15 minutes') at time zone zone)::date) into open_day
        from generate_series(0, 12) as ahead;
        -- Postgres also accepts offsets such as UTC+3, which is west of UTC: refused, because it is not what the user expects.
        if (now() at time zone zone) is null
            or zone ~ '[0-9]' and zone not in (select name from pg_timezone_names) then
            raise invalid_parameter_value;
        end if;
    exception when invalid_parameter_value then
        raise exception 'time zone "%" is not known', zone
            using errcode = 'invalid_parameter_value',
                hint = 'Name it as in Asia/Kathmandu; select name from pg_timezone_names lists all.';
    end;
    return open_day;
end
$$;

comment on function musicstream_internal.open_day(text, timestamptz) is 'first day of a time zone that has not ended at this moment; null for no moment; raises an error for an unknown zone';
