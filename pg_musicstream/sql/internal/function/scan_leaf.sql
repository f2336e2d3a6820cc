create function musicstream_internal.scan_leaf(day date, leaf regclass, is_full_scan boolean) returns integer
    language plpgsql volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- Blocks are recorded in chunks of this size.
    width constant integer := 32;
    -- The last blocks can hold events of open transactions, so the next scan reads them again.
    unsure constant integer := 1024;
    size constant integer := pg_relation_size(leaf) / current_setting('block_size')::integer;
    known integer;
begin
    select s.blocks into known from musicstream_internal.scanned_leaves as s where s.day = scan_leaf.day;
    if is_full_scan or known is null or known > size then
        delete from musicstream_internal.hour_blocks as h
        where h.hour >= scan_leaf.day::timestamp at time zone 'UTC'
            and h.hour < (scan_leaf.day + 1)::timestamp at time zone 'UTC';
        known := 0;
    end if;
    execute format($scan$
        insert into musicstream_internal.hour_blocks as h (hour, blocks)
        select c.hour, range_agg(int4range(c.chunk * %2$s, c.chunk * %2$s + %2$s))
        from (
            select distinct date_bin('1 hour', e.ts, 'epoch') as hour, musicstream_internal.block_number(e.ctid) / %2$s as chunk
            from %1$s as e
            where e.ctid >= '(%3$s,0)'
        ) as c
        group by c.hour
        on conflict (hour) do update set blocks = h.blocks + excluded.blocks where not h.blocks @> excluded.blocks
        $scan$, leaf, width, known);
    known := greatest(0, size - unsure);
    insert into musicstream_internal.scanned_leaves as s (day, blocks)
    values (scan_leaf.day, known)
    on conflict on constraint scanned_leaves_pkey do update set blocks = excluded.blocks where s.blocks <> excluded.blocks;
    return known;
end
$$;

comment on function musicstream_internal.scan_leaf(date, regclass, boolean) is 'records in hour_blocks which blocks of a partition hold events of each hour, for the blocks added since the last scan or for all; returns the block from which on other events may follow';

revoke execute on function musicstream_internal.scan_leaf(date, regclass, boolean) from public;
