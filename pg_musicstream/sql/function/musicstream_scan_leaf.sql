create function musicstream_scan_leaf(day date, leaf regclass, is_anew boolean) returns integer
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- Blocks that are noted together.
    width constant integer := 32;
    -- Blocks at the end in which there may be events of transactions that are still open: they are looked at again.
    unsure constant integer := 1024;
    size constant integer := pg_relation_size(leaf) / current_setting('block_size')::integer;
    known integer;
begin
    select s.blocks into known from @extschema@.scanned_leaves as s where s.day = musicstream_scan_leaf.day;
    if is_anew or known is null or known > size then
        delete from @extschema@.hour_blocks as h
        where h.hour >= musicstream_scan_leaf.day::timestamp at time zone 'UTC'
            and h.hour < (musicstream_scan_leaf.day + 1)::timestamp at time zone 'UTC';
        known := 0;
    end if;
    execute format($scan$
        insert into @extschema@.hour_blocks as h (hour, blocks)
        select c.hour, range_agg(int4range(c.chunk * %2$s, c.chunk * %2$s + %2$s))
        from (
            select distinct date_bin('1 hour', e.ts, 'epoch') as hour, @extschema@.musicstream_block(e.ctid) / %2$s as chunk
            from %1$s as e
            where e.ctid >= '(%3$s,0)'
        ) as c
        group by c.hour
        on conflict (hour) do update set blocks = h.blocks + excluded.blocks where not h.blocks @> excluded.blocks
        $scan$, leaf, width, known);
    known := greatest(0, size - unsure);
    insert into @extschema@.scanned_leaves as s (day, blocks)
    values (musicstream_scan_leaf.day, known)
    on conflict on constraint scanned_leaves_pkey do update set blocks = excluded.blocks where s.blocks <> excluded.blocks;
    return known;
end
$$;

comment on function musicstream_scan_leaf(date, regclass, boolean) is 'notes in hour_blocks where the events of each hour lie in a partition, those that came since the last scan or all; returns from which block on there may be others';

revoke execute on function musicstream_scan_leaf(date, regclass, boolean) from public;
