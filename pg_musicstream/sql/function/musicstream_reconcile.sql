create function musicstream_reconcile(from_day date default null, to_day date default null) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set jit = off
as $$
declare
    first timestamptz := greatest(from_day, date '0001-01-01')::timestamp at time zone 'UTC';
    past timestamptz := (least(to_day, date '9999-12-31') + 1)::timestamp at time zone 'UTC';
    ids uuid[];
    times timestamptz[];
begin
    if from_day > to_day then
        raise exception 'the first day % is after the last day %', from_day, to_day
            using errcode = 'invalid_parameter_value';
    end if;
    perform musicstream_internal.begin_correction('musicstream_reconcile()');

    select array_agg(a.event_id), array_agg(a.ts) into ids, times
    from (
        select r.event_id, r.ts, row_number() over (partition by r.event_id order by r.ingested_at, r.ts) as arrival
        from @extschema@.raw_events as r
        where r.ts >= first and r.ts < past
            and r.event_id in (
                select s.event_id
                from @extschema@.raw_events as s
                where s.ts >= first and s.ts < past
                group by s.event_id
                having count(*) > 1
            )
    ) as a
    where a.arrival > 1;

    insert into @extschema@.rejected_events (source, partition, position, payload, reason, detail)
    select
        'raw_events',
        0,
        nextval('musicstream_internal.staging_position'),
        musicstream_internal.event_json(r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id, r.device),
        'conflicting_duplicate',
        'event_id is stored with another ts'
    from musicstream_internal.stored_events(ids, times) as r
    order by r.event_id, r.ts;

    return musicstream_internal.retract_events(ids, times);
end
$$;

comment on function musicstream_reconcile(date, date) is 'finds each event_id that is stored on several UTC days from from_day to to_day, both included (null: no limit); keeps the event that was stored first, of one transaction the one with the earlier ts, and moves the others to rejected_events; returns the number of moved events';

revoke execute on function musicstream_reconcile(date, date) from public;
