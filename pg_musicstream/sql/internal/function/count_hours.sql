-- Consecutive hours are read together until they have about 500000 events. The margins before and after a span are then read
-- once for the span instead of once per hour.
create function musicstream_internal.count_hours(hours timestamptz[]) returns bigint
    language plpgsql volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
declare
    most constant bigint := 500000;
    -- With its margins, a span of several hours seldom has twice as many events. A span that has more, such as a busy hour, is
    -- counted in parts of the users.
    most_in_memory constant bigint := 2 * most;
    newest constant integer := musicstream_internal.current_listening_rule();
    events bigint := 0;
    next record;
    -- The span of hours that is read next.
    run_first timestamptz;
    run_past timestamptz;
    run_rule integer;
    run_events bigint;
begin
    for next in
        select
            greatest(p.hour, lower(p.span)) as first,
            least(p.hour + interval '1 hour', upper(p.span)) as past,
            coalesce(h.rule, newest) as rule,
            (
                select coalesce(sum(k.events), 0)
                from (
                    select c.events from musicstream_internal.minute_counts as c where c.hour = p.hour
                    union all
                    select d.events from musicstream_internal.metric_deltas as d where d.hour = p.hour
                ) as k
            ) as events
        from (
            select s.span, generate_series(
                date_bin('1 hour', lower(s.span), 'epoch'), upper(s.span) - interval '1 microsecond', interval '1 hour'
            ) as hour
            from unnest(
                musicstream_internal.touched_quarters(hours)
                * tstzmultirange(tstzrange(musicstream_internal.frozen_before()::timestamp at time zone 'UTC', null))
            ) as s (span)
        ) as p
        left join @extschema@.counted_hours as h on h.hour = p.hour
        order by 1
    loop
        if next.first = run_past and next.rule = run_rule and run_events + next.events <= most then
            run_past := next.past;
            run_events := run_events + next.events;
            continue;
        end if;
        if run_rule is not null then
            events := events + musicstream_internal.count_quarters(run_first, run_past, run_rule, most_in_memory);
        end if;
        run_first := next.first;
        run_past := next.past;
        run_rule := next.rule;
        run_events := next.events;
    end loop;
    if run_rule is not null then
        events := events + musicstream_internal.count_quarters(run_first, run_past, run_rule, most_in_memory);
    end if;
    return events;
end
$$;

comment on function musicstream_internal.count_hours(timestamptz[]) is 'counts the listening that depends on the events of these UTC hours, except on frozen days; an hour that was counted before keeps its rule, other hours get the newest; returns the number of events read';

revoke execute on function musicstream_internal.count_hours(timestamptz[]) from public;
