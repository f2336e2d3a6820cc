-- Functions with a search_path of their caller, objects of another owner, privileges of PUBLIC.
-- Non-volatile C functions with their caller's privileges run no statements, and are left out.
with member as (
    select d.classid, d.objid, e.extnamespace
    from pg_depend as d
    join pg_extension as e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
    where d.deptype = 'e' and e.extname = 'pg_musicstream'
), function as (
    select p.*, l.lanname, (
            select split_part(setting, '=', 2) from unnest(p.proconfig) as setting where setting like 'search\_path=%'
        ) as path, quote_ident(n.nspname) as home
    from member as m
    join pg_proc as p on p.oid = m.objid and m.classid = 'pg_proc'::regclass
    join pg_language as l on l.oid = p.prolang
    join pg_namespace as n on n.oid = m.extnamespace
), relation as (
    select c.* from member as m join pg_class as c on c.oid = m.objid and m.classid = 'pg_class'::regclass
    union
    select c.* from pg_inherits as i join pg_class as c on c.oid = i.inhrelid where i.inhparent = 'raw_events'::regclass
)
select 'search_path of ' || oid::regprocedure || ': ' || coalesce(path, 'as the caller has it') as opening
from function
where prokind <> 'a'
    and not (lanname = 'c' and provolatile <> 'v' and not prosecdef)
    and path is distinct from 'pg_catalog, pg_temp'
    and path is distinct from 'pg_catalog, musicstream_internal, ' || home || ', pg_temp'
union all
select 'owner of ' || oid::regprocedure || ': ' || proowner::regrole
from function
where proowner <> 'musicstream_owner'::regrole
union all
select 'owner of ' || oid::regclass || ': ' || relowner::regrole
from relation
where relowner <> 'musicstream_owner'::regrole
union all
select 'granted to all on ' || relation.oid::regclass || ': ' || a.privilege_type
from relation, aclexplode(relacl) as a
where a.grantee = 0
union all
select 'trigger on ' || tgrelid::regclass || ': ' || tgname
from pg_trigger
where tgrelid in (select oid from relation) and not tgisinternal and tgfoid not in (select oid from function)
union all
select 'rule on ' || ev_class::regclass || ': ' || rulename
from pg_rewrite
where ev_class in (select oid from relation) and rulename <> '_RETURN'
