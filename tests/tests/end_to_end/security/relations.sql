-- Relations of the extension and partitions of raw_events: name, kind, a column that a statement may write.
select
    c.oid::regclass::text as name,
    case c.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end as kind,
    coalesce((
        select quote_ident(a.attname)
        from pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and a.attidentity = '' and not a.attisdropped
        order by a.attnum
        limit 1
    ), '') as column
from pg_class as c
where c.relkind in ('r', 'p', 'v', 'm', 'S')
    and (
        c.oid in (select inhrelid from pg_inherits where inhparent = 'raw_events'::regclass)
        or c.oid in (
            select d.objid
            from pg_depend as d
            join pg_extension as e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass
            where d.classid = 'pg_class'::regclass and d.deptype = 'e' and e.extname = 'pg_musicstream'
        )
    )
order by 1
