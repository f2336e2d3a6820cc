with relation as (
    select c.*
    from pg_class as c
    where c.oid in (select inhrelid from pg_inherits where inhparent = 'raw_events'::regclass)
        or c.oid in (
            select d.objid
            from pg_depend as d
            join pg_extension as e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass
            where d.classid = 'pg_class'::regclass and d.deptype = 'e' and e.extname = 'pg_musicstream'
        )
)
select concat_ws(' ', 'relation', c.oid::regclass, c.relkind, c.relowner::regrole, c.relpersistence, c.relreplident,
    (select string_agg(a::text, ',' order by a::text) from unnest(c.relacl) as a),
    array_to_string(c.reloptions, ','), pg_get_expr(c.relpartbound, c.oid), obj_description(c.oid, 'pg_class'))
from relation as c
union all
select concat_ws(' ', 'column', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    a.attidentity, pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum))
from relation as c
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisvalid)
from relation as c
join pg_index as i on i.indrelid = c.oid
union all
select concat_ws(' ', 'constraint', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
from relation as c
join pg_constraint as k on k.conrelid = c.oid
union all
select concat_ws(' ', 'function', p.oid::regprocedure, p.proowner::regrole, p.prosecdef, p.provolatile,
    array_to_string(p.proconfig, ','), (select string_agg(a::text, ',' order by a::text) from unnest(p.proacl) as a),
    obj_description(p.oid, 'pg_proc'))
from pg_proc as p
join pg_depend as d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
join pg_extension as e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
where e.extname = 'pg_musicstream'
union all
select concat_ws(' ', 'extension', extname, extversion, extnamespace::regnamespace)
from pg_extension
where extname = 'pg_musicstream'
order by 1
