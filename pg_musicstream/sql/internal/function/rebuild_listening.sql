-- Also counts the quarters of neighbouring days that depend on this day, by the rule that they have.
create function musicstream_internal.rebuild_listening(day date) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
declare
    first constant timestamptz := day::timestamp at time zone 'UTC';
    past constant timestamptz := (day + 1)::timestamp at time zone 'UTC';
    newest constant integer := musicstream_internal.current_listening_rule();
begin
    update @extschema@.counted_hours as h
    set rule = newest
    where h.hour >= first and h.hour < past and h.rule <> newest;
    delete from musicstream_internal.touched_hours as t where t.hour >= first and t.hour < past;
    perform musicstream_internal.count_hours(
        array(select generate_series(first, past - interval '1 hour', interval '1 hour'))
    );
    perform musicstream_internal.prune_listener_days(day);
    -- Counting corrects only the first days of users that it adds to listener_days. After a change by hand, those of others may
    -- be missing or wrong. None before frozen_before() is moved forward, because the rows of that day may have been deleted.
    insert into musicstream_internal.listener_first_days (user_id, day)
    select u.user_id, u.first_day
    from (
        select
            a.user_id,
            (select min(l.day) from musicstream_internal.listener_days as l where l.user_id = a.user_id) as first_day
        from (
            select distinct d.user_id from musicstream_internal.listener_days as d where d.day = rebuild_listening.day
        ) as a
    ) as u
    left join musicstream_internal.listener_first_days as k on k.user_id = u.user_id
    where k.day is null or k.day > u.first_day or k.day < u.first_day and k.day >= musicstream_internal.frozen_before()
    order by u.user_id
    on conflict (user_id) do update set day = excluded.day;
end
$$;

comment on function musicstream_internal.rebuild_listening(date) is 'counts the listening of this UTC day again by the newest rule; the caller holds listening_lock';

revoke execute on function musicstream_internal.rebuild_listening(date) from public;
