-- Reads the blocks that hold events of these hours according to hour_blocks, and all blocks added since. hour_blocks can be
-- incomplete: after a vacuum a block may have received events of another hour, and the table may have been rewritten. So the
-- number of events read is compared with the metrics in the same snapshot. If they are equal, no event is missing.
create function musicstream_internal.read_leaf(
    day date,
    leaf regclass,
    first timestamptz,
    past timestamptz,
    event_types text[]
) returns bigint
    language plpgsql volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    -- Skipping fewer blocks than this costs as much as reading them.
    gap constant integer := 64;
    is_full_scan boolean;
    later integer;
    parts text;
    events bigint;
    expected bigint;
begin
    foreach is_full_scan in array array[false, true] loop
        later := musicstream_internal.scan_leaf(read_leaf.day, leaf, is_full_scan);
        select string_agg(
            format(
                'select e.event_id, e.user_id, e.event_type, e.region, e.ts, e.song_id from %s as e
                 where e.ctid >= %L::tid %s and e.ts >= $1 and e.ts < $2 and e.event_type = any ($3)',
                leaf,
                format('(%s,0)', lower(b.blocks)),
                case when not upper_inf(b.blocks) then format('and e.ctid < %L::tid', format('(%s,0)', upper(b.blocks))) end
            ),
            ' union all '
        )
        into parts
        from unnest((
            select coalesce(range_agg(int4range(lower(r.blocks), upper(r.blocks) + gap)), '{}') + int4multirange(int4range(later, null))
            from musicstream_internal.hour_blocks as h
            cross join lateral unnest(h.blocks) as r (blocks)
            where h.hour >= date_bin('1 hour', first, 'epoch') and h.hour < past
        )) as b (blocks);
        execute format($read$
            with added as (
                insert into pg_temp.staging_playback (event_id, user_id, event_type, region, ts, song_id)
                %s
                returning 1
            )
            select
                (select count(*) from added),
                (
                    select coalesce(sum(m.events), 0)
                    from @extschema@.minute_metrics_between($1, $2) as m
                    where m.event_type = any ($3)
                )
            $read$, parts)
            into events, expected
            using first, past, event_types;
        if events = expected then
            return events;
        end if;
        delete from pg_temp.staging_playback as s where s.ts >= first and s.ts < past;
    end loop;

    -- The metrics do not match the events; musicstream_rebuild() corrects them. Read the whole partition.
    execute format($read$
        insert into pg_temp.staging_playback (event_id, user_id, event_type, region, ts, song_id)
        select e.event_id, e.user_id, e.event_type, e.region, e.ts, e.song_id
        from %s as e
        where e.ts >= $1 and e.ts < $2 and e.event_type = any ($3)
        $read$, leaf) using first, past, event_types;
    get diagnostics events = row_count;
    return events;
end
$$;

comment on function musicstream_internal.read_leaf(date, regclass, timestamptz, timestamptz, text[]) is 'copies events of these types and minutes from the partition of a day to pg_temp.staging_playback; returns their number';

revoke execute on function musicstream_internal.read_leaf(date, regclass, timestamptz, timestamptz, text[]) from public;
