-- Creates shadowing objects for everything that a statement can name: each function, aggregate and operator of Postgres and of
-- the extension, with the same arguments, types, tables and system catalogues. Calling one raises SQLSTATE EV1L0.
set search_path = pg_catalog;
set check_function_bodies = off;

do $shadows$
declare
    extension oid := (select oid from pg_extension where extname = 'pg_musicstream');
    body constant text := 'begin raise exception ''hostile code runs as %'', current_user using errcode = ''EV1L0''; end';
    object record;
begin
    for object in
        select proname, oidvectortypes(proargtypes) as arguments, prokind,
            case when proretset then 'setof ' else '' end || format_type(prorettype, null) as result
        from pg_proc
        where prokind in ('f', 'a') and (
            pronamespace = 'pg_catalog'::regnamespace
            or oid in (select objid from pg_depend where classid = 'pg_proc'::regclass and refobjid = extension)
        )
    loop
        begin
            if object.prokind = 'f' then
                execute format('create function evil.%I(%s) returns %s language plpgsql as %L',
                    object.proname, object.arguments, object.result, body);
            else
                execute format('create function evil.step_of_%s(%s) returns bigint language plpgsql as %L',
                    object.proname, concat_ws(', ', 'bigint', nullif(object.arguments, '')), body);
                execute format('create aggregate evil.%I(%s) (sfunc = evil.step_of_%s, stype = bigint)',
                    object.proname, coalesce(nullif(object.arguments, ''), '*'), object.proname);
            end if;
        exception when others then
            null; -- the arguments or the result are not possible in PL/pgSQL
        end;
    end loop;

    for object in
        select oid, oprname, nullif(oprleft, 0) as oprleft, oprright, oprresult
        from pg_operator
        where oprnamespace = 'pg_catalog'::regnamespace
    loop
        begin
            execute format('create function evil.operator_%s(%s) returns %s language plpgsql as %L', object.oid,
                concat_ws(', ', format_type(object.oprleft, null), format_type(object.oprright, null)),
                format_type(object.oprresult, null), body);
            execute format('create operator evil.%s (%s, function = evil.operator_%s)', object.oprname,
                concat_ws(', ', 'leftarg = ' || format_type(object.oprleft, null), 'rightarg = ' || format_type(object.oprright, null)),
                object.oid);
        exception when others then
            null;
        end;
    end loop;

    for object in
        select relname
        from pg_class
        where relkind in ('r', 'p', 'v', 'S') and (
            relnamespace = 'pg_catalog'::regnamespace
            or oid in (select objid from pg_depend where classid = 'pg_class'::regclass and refobjid = extension)
        )
    loop
        execute format('create table evil.%I (evil text)', object.relname);
    end loop;

    -- Without the row types of the tables created above.
    for object in
        select typname
        from pg_type
        where typnamespace = 'pg_catalog'::regnamespace and typtype = 'b' and typelem = 0 and typname !~ '^_'
    loop
        execute format('create domain evil.%I as pg_catalog.text check (false)', object.typname);
    end loop;
end
$shadows$;

create function evil.shadow_temporary_tables(but_for text[]) returns void
    language plpgsql
    set search_path = pg_catalog
as $$
declare
    name text;
begin
    for name in
        select relname from pg_class where relnamespace = 'evil'::regnamespace and relkind = 'r'
        union all
        values ('staging_batch'), ('staging_inbox')
        except all
        select unnest(but_for)
    loop
        execute format('create temporary table %I (evil text)', name);
    end loop;
end
$$;

grant usage on schema evil to public;
reset search_path;
reset check_function_bodies;
