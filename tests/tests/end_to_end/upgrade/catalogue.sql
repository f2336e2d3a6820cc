-- All objects of the extension, one line each: two databases with equal lines are equal.
with member as (
    select d.classid, d.objid
    from pg_depend as d
    join pg_extension as e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
    where d.deptype = 'e' and e.extname = 'pg_musicstream'
), relation as (
    select c.* from pg_class as c join member as m on m.classid = 'pg_class'::regclass and m.objid = c.oid
)
select 'object: ' || i.type || ' ' || i.identity as line
from member as m, pg_identify_object(m.classid, m.objid, 0) as i
union all
select format('comment: %s %s %s is %s', i.type, i.identity, coalesce(n.column_name, ''), n.description)
from (
    select m.classid, m.objid, d.objsubid, a.attname as column_name, d.description
    from member as m
    join pg_description as d on d.classoid = m.classid and d.objoid = m.objid
    left join pg_attribute as a on m.classid = 'pg_class'::regclass and a.attrelid = m.objid and a.attnum = d.objsubid
    where d.objsubid = 0 or a.attname is not null
) as n, pg_identify_object(n.classid, n.objid, 0) as i
union all
select format('extension: %s, configuration: %s', e.extversion, (
    select string_agg(format('%s %s', c.oid::regclass, c.condition), ', ' order by c.oid::regclass::text)
    from unnest(e.extconfig, e.extcondition) as c (oid, condition)
))
from pg_extension as e
where e.extname = 'pg_musicstream'
union all
select format('function: %s owner %s for %s is %s', p.oid::regprocedure, p.proowner::regrole, p.proacl,
    case p.prokind when 'a' then (select to_jsonb(a) - 'aggfnoid' from pg_aggregate as a where a.aggfnoid = p.oid)::text
        else pg_get_functiondef(p.oid) end)
from pg_proc as p
join member as m on m.classid = 'pg_proc'::regclass and m.objid = p.oid
union all
select format('relation: %s kind %s persistence %s replica identity %s owner %s for %s with %s', r.oid::regclass, r.relkind,
    r.relpersistence, r.relreplident, r.relowner::regrole, r.relacl, r.reloptions)
from relation as r
union all
select format('column: %s %s %s type %s null %s default %s identity %s storage %s for %s', a.attrelid::regclass,
    row_number() over (partition by a.attrelid order by a.attnum), a.attname, format_type(a.atttypid, a.atttypmod),
    not a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attstorage, a.attacl)
from relation as r
join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where r.relkind in ('r', 'p', 'v')
union all
select format('constraint: %s %s %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid))
from pg_constraint as c
join relation as r on r.oid = c.conrelid
union all
select format('index: %s', pg_get_indexdef(i.indexrelid))
from pg_index as i
join relation as r on r.oid = i.indrelid
union all
select format('trigger: %s enabled %s: %s', pg_get_triggerdef(t.oid), t.tgenabled, obj_description(t.oid, 'pg_trigger'))
from pg_trigger as t
join relation as r on r.oid = t.tgrelid
where not t.tgisinternal
union all
select format('view: %s is %s', r.oid::regclass, pg_get_viewdef(r.oid))
from relation as r
where r.relkind = 'v'
union all
select format('sequence: %s %s', s.seqrelid::regclass, to_jsonb(s) - 'seqrelid')
from pg_sequence as s
join relation as r on r.oid = s.seqrelid
order by 1
