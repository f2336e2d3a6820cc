-- A clock that is set back soon after midnight will be in the day before again.
create function musicstream_open_day(zone text, moment timestamptz) returns date
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    open_day date;
begin
    begin
        select min(((moment + ahead * interval '15 minutes') at time zone zone)::date) into open_day
        from generate_series(0, 12) as ahead;
        -- Postgres would also take an offset of one's own making, such as UTC+3, which is west of UTC.
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

comment on function musicstream_open_day(text, timestamptz) is 'the first day of a time zone that is not over at this moment; null: no moment; refuses a zone that is not known';
