-- Prints docs/sql-reference.md from the catalogue of a database that has the extension and the project's roles. Usage:
--   psql -XqAt -v ON_ERROR_STOP=1 -f scripts/docs/sql-reference.sql DATABASE
-- Objects in the schema of the extension are described; objects in its other schemas are only listed.

-- The settings are defined when the library is loaded.
load '$libdir/pg_musicstream';

begin;

-- Formats a comment as a sentence. Names that contain an underscore, a dot or parentheses become code, because Markdown would
-- read their underscores as emphasis. A word such as kafka:CLUSTER/TOPIC keeps its case.
create function pg_temp.sentence(comment text) returns text
language sql immutable
as $$
    select case when marked ~ '^[a-z]+(:? |[,;]|$)' then upper(left(marked, 1)) || substr(marked, 2) else marked end
        || case when marked ~ '[.:]$' then '' else '.' end
    from regexp_replace(
        replace(comment, '|', '\|'),
        '(\m[a-z][a-z0-9]*(?:[_.][a-z0-9]+)+(?:\([a-z_, '']*\))?|\m[a-z]+:[A-Z][A-Z/]+)', '`\1`', 'g'
    ) as marked
$$;

create function pg_temp.short(types text) returns text
language sql immutable
as $$
    select replace(replace(regexp_replace(types, 'NULL::[a-z ]+', 'null', 'g'), 'DEFAULT', 'default'), 'timestamp with time zone', 'timestamptz')
$$;

create temporary view objects as
select d.classid, d.objid, n.nspname as schema, n.oid = e.extnamespace as is_public
from pg_extension as e
join pg_depend as d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
left join pg_class as c on d.classid = 'pg_class'::regclass and c.oid = d.objid
left join pg_proc as p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
join pg_namespace as n on n.oid = coalesce(c.relnamespace, p.pronamespace)
where e.extname = 'pg_musicstream';

create temporary view relations as
select
    c.oid, c.relname, c.relkind, o.schema, o.is_public,
    case c.relkind when 'v' then 'view' else 'table' end as kind,
    obj_description(c.oid, 'pg_class') as comment,
    case
        when has_table_privilege('musicstream_read', c.oid, 'select')
            or has_any_column_privilege('musicstream_read', c.oid, 'select') then 'read'
        when has_table_privilege('musicstream_ingest', c.oid, 'insert') then 'write'
        else 'own'
    end as audience
from objects as o
join pg_class as c on o.classid = 'pg_class'::regclass and c.oid = o.objid
where c.relkind in ('r', 'p', 'v');

create temporary view functions as
select
    p.oid, p.proname, p.prokind, o.schema, o.is_public,
    pg_get_function_identity_arguments(p.oid) as identity_arguments,
    pg_temp.short(regexp_replace(pg_get_function_arguments(p.oid), '(^|, )(OUT .*|TABLE\(.*)$', '')) as arguments,
    case
        when p.proretset then 'rows of '
        when p.proallargtypes is not null then 'one row of '
        else ''
    end as shape,
    pg_temp.short(coalesce(
        (
            select string_agg(a.name || ' ' || format_type(a.type, null), ', ' order by a.number)
            from unnest(p.proargnames, p.proallargtypes, p.proargmodes) with ordinality as a (name, type, mode, number)
            where a.mode in ('o', 'b', 't')
        ),
        format_type(p.prorettype, null)
    )) as result,
    obj_description(p.oid, 'pg_proc') as comment,
    case
        when has_function_privilege('musicstream_read', p.oid, 'execute') then 'read'
        when has_function_privilege('musicstream_ingest', p.oid, 'execute') then 'write'
        else 'own'
    end as audience
from objects as o
join pg_proc as p on o.classid = 'pg_proc'::regclass and p.oid = o.objid;

create temporary table line (number bigint generated always as identity, line text);

create procedure pg_temp.describe_relation(relation record)
language plpgsql
as $$
begin
    insert into line (line) values
        (''), (format('### %s', relation.relname)), (''),
        (format('%s: %s', initcap(relation.kind), pg_temp.sentence(relation.comment))), (''),
        ('| column | type | |'), ('| --- | --- | --- |');
    insert into line (line)
    select format('| `%s` | %s | %s|', a.attname, format_type(a.atttypid, a.atttypmod),
        coalesce(pg_temp.sentence(col_description(a.attrelid, a.attnum)) || ' ', ''))
    from pg_attribute as a
    where a.attrelid = relation.oid and a.attnum > 0 and not a.attisdropped
    order by a.attnum;
end
$$;

create procedure pg_temp.describe_function(function record)
language plpgsql
as $$
begin
    insert into line (line) values
        (''), (format('### %s()', function.proname)), ('');
    -- Overloads share one heading.
    insert into line (line)
    select unnest(array[
        format('`%s(%s)` returns %s`%s`', f.proname, f.arguments, f.shape, f.result),
        '', pg_temp.sentence(f.comment), ''
    ])
    from functions as f
    where f.proname = function.proname and f.is_public
    order by f.identity_arguments;
    delete from line where number = (select max(number) from line);
end
$$;

do $$
declare
    chapter record;
    relation record;
    function record;
begin
    insert into line (line) values
        ('# SQL reference'), (''),
        ('<!-- Written by make docs from the catalogue; change the comments in pg_musicstream/sql instead. -->'), (''),
        ('Tables, views, functions and settings of the extension, as the catalogue describes them.'),
        ('Objects are in the schema that `create extension` was told, or in the first of `search_path`.'),
        ('`\d+ NAME` and `\df+ NAME` show the same in psql.'),
        (''),
        ('Who may use an object is decided by the roles of [sql/roles.sql](../sql/roles.sql):'),
        ('`musicstream_read` for dashboards and analysts, `musicstream_ingest` for programs that store events, `musicstream_owner` for corrections.'),
        ('The terms are explained in the [glossary](how-it-works.md#glossary).');

    for chapter in
        select * from (values
            ('read', 'r', 'Views and tables to read', 'The role `musicstream_read` may select from these.'),
            ('write', 'r', 'Tables to write into', 'The role `musicstream_ingest` may insert into these.'),
            ('own', 'r', 'Tables of the owner', 'These need the rights of the owner, or a grant of their own.'),
            ('read', 'f', 'Functions for everyone', 'The role `musicstream_read` may call these. They change nothing. `musicstream_verify()` reads the events with the rights of its caller, so it needs those of `musicstream_owner`.'),
            ('write', 'f', 'Functions for programs that store events', 'The role `musicstream_ingest` may call these.'),
            ('own', 'f', 'Functions of the owner', 'The owner of the extension''s objects may call these, and roles with a grant of their own.')
        ) as c (audience, kind, title, lead)
    loop
        continue when chapter.kind = 'r' and not exists (select from relations as r where r.is_public and r.audience = chapter.audience);
        continue when chapter.kind = 'f' and not exists (select from functions as f where f.is_public and f.audience = chapter.audience);
        insert into line (line) values (''), ('## ' || chapter.title), (''), (chapter.lead);
        if chapter.kind = 'r' then
            for relation in
                select * from relations as r where r.is_public and r.audience = chapter.audience
                order by r.relkind <> 'v', r.relname
            loop
                call pg_temp.describe_relation(relation);
            end loop;
        else
            for function in
                select distinct on (f.proname) f.* from functions as f where f.is_public and f.audience = chapter.audience
                order by f.proname, f.identity_arguments
            loop
                call pg_temp.describe_function(function);
            end loop;
        end if;
    end loop;

    insert into line (line) values
        (''), ('## Settings'), (''),
        ('Set them with `alter system` or `alter database … set`; only a superuser, or a role with the right to set them, may.'),
        ('[Operations](operations.md#settings) says when a session knows them.'), (''),
        ('| setting | default | range | |'), ('| --- | --- | --- | --- |');
    insert into line (line)
    select format('| `%s` | %s%s | %s to %s | %s %s |', s.name, s.boot_val, coalesce(' ' || s.unit, ''), s.min_val, s.max_val,
        pg_temp.sentence(s.short_desc), pg_temp.sentence(s.extra_desc))
    from pg_settings as s
    where s.name like 'musicstream.%'
    order by s.name collate "C";

    if exists (select from objects where not is_public) then
        insert into line (line) values
            (''), ('## Internal objects'), (''),
            ('They are not for use: their names and their form change between versions without notice.'), ('');
        insert into line (line)
        select format('- %s of `%s`: %s', o.kind, o.schema, string_agg(distinct '`' || o.name || '`', ', '))
        from (
            select 'Tables' as kind, r.schema, r.relname::text as name from relations as r where not r.is_public
            union all
            select 'Functions', f.schema, f.proname || '()' from functions as f where not f.is_public
        ) as o
        group by o.kind, o.schema
        order by o.schema, o.kind desc;
    end if;
end
$$;

select line from line order by number;
rollback;
