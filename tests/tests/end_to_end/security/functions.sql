-- Functions of the extension (without aggregates, whose parts are functions): signature, a call, and whether the declaration
-- allows changing data.
-- The arguments are not null: Postgres skips a call of a strict function with nulls before it checks the privilege.
select
    p.oid::regprocedure::text as signature,
    format('select %s(%s)', p.oid::regproc, (
        select string_agg(
            format('%L::%s', case
                when t.typcategory = 'A' then '{}'
                when t.typcategory = 'N' then '0'
                when t.typcategory = 'B' then 'false'
                when t.typcategory = 'D' then '2026-01-01'
                when t.typcategory = 'T' then '1 day'
                when t.typname = 'uuid' then '00000000-0000-0000-0000-000000000001'
                else 'x'
            end, format_type(t.oid, null)),
            ', ' order by argument.number
        )
        from unnest(p.proargtypes) with ordinality as argument (type, number)
        join pg_type as t on t.oid = argument.type
    )) as call,
    p.provolatile = 'v' as may_change_data,
    p.oid
from pg_proc as p
join pg_depend as d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
join pg_extension as e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
where e.extname = 'pg_musicstream' and p.prokind <> 'a'
order by 1
