-- The index is built once the rows are there: the same table, sooner.
select musicstream_make_partitions(array[:day]);
do $fill$
declare
    leaf constant text := 'raw_events_' || to_char(:day, 'YYYYMMDD');
begin
    execute format('alter table %I drop constraint %I', leaf, leaf || '_event_id_key');
    execute format($insert$
        insert into %I (event_id, user_id, event_type, region, ts, song_id, device)
        select
            gen_random_uuid(),
            'user-' || (200000 * power(random(), 3))::integer,
            (array['play', 'play', 'play', 'pause', 'stop'])[1 + n / 50 %% 5],
            'region-' || to_char(n %% 50, 'FM00'),
            :day::timestamp at time zone 'UTC' + n * (interval '24 hours' / :rows),
            'song-' || n %% 50000,
            'phone'
        from generate_series(0, :rows - 1) as n
    $insert$, leaf);
    execute format('alter table %I add unique (event_id)', leaf);
    execute format($minutes$
        insert into minute_metrics (minute, event_type, region, events, late_events)
        select date_bin('1 minute', ts, 'epoch'), event_type, region, count(*), 0
        from %I
        group by 1, 2, 3
        on conflict (minute, event_type, region) do update set events = minute_metrics.events + excluded.events
    $minutes$, leaf);
    insert into daily_metrics (day, event_type, region, events, late_events, updated_at)
    select :day, event_type, region, sum(events), 0, now()
    from minute_metrics
    where minute >= :day::timestamp at time zone 'UTC' and minute < (:day + 1)::timestamp at time zone 'UTC'
    group by 2, 3
    on conflict (day, event_type, region) do update set events = excluded.events;
    perform musicstream_rebuild_listeners(array[:day]);
end
$fill$
