//! Comments and privileges of the extension's objects.

use postgres::Client;

use musicstream_tests::database::{Database, value};

/// The objects of the extension, without row types and the like, which belong to their tables.
const OBJECTS: &str = "(
    select d.classid, d.objid, i.type, i.identity
    from pg_depend as d
    join pg_extension as e on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
    cross join pg_identify_object(d.classid, d.objid, 0) as i
    where d.deptype = 'e' and e.extname = 'pg_musicstream' and i.type <> 'type'
    union all
    select 'pg_trigger'::regclass, t.oid, 'trigger', t.tgname || ' on ' || t.tgrelid::regclass
    from pg_trigger as t
    where not t.tgisinternal and t.tgrelid::regclass::text = 'rejected_events'
) as object";

fn names(client: &mut Client, sql: &str) -> Vec<String> {
    value(
        client,
        &format!("select coalesce(array_agg(name), '{{}}') from ({sql}) as n (name)"),
        &[],
    )
}

#[test]
fn every_object_has_a_comment() {
    let database = Database::create();
    let mut client = database.client();
    let objects: i64 = value(&mut client, &format!("select count(*) from {OBJECTS}"), &[]);
    assert!(objects > 40, "{objects} objects");
    let silent = names(
        &mut client,
        &format!(
            "select type || ' ' || identity from {OBJECTS}
            where coalesce(obj_description(objid, classid::regclass::name), '') = ''"
        ),
    );
    assert!(silent.is_empty(), "without a comment: {silent:#?}");
}

#[test]
fn every_setting_has_a_unit_bounds_and_a_description() {
    let database = Database::create();
    let mut client = database.client();
    // Loading the library defines the settings.
    client.batch_execute("select idle_after()").unwrap();
    let ours = "pg_settings where name like 'musicstream.%'";
    let settings: i64 = value(&mut client, &format!("select count(*) from {ours}"), &[]);
    assert!(settings >= 5, "{settings} settings");
    let incomplete = names(
        &mut client,
        &format!(
            "select name from {ours} and not (
                vartype = 'bool' or vartype = 'enum' or ((unit <> '' or name = 'musicstream.max_new_days') and min_val::numeric >= 0 and max_val::numeric > 0)
            )
            union all
            select name from {ours} and not (
                length(short_desc) > 20 and length(extra_desc) > 20 and short_desc <> extra_desc and short_desc like '%.'
            )"
        ),
    );
    assert!(
        incomplete.is_empty(),
        "without unit, bounds or description: {incomplete:#?}"
    );
    let free = names(
        &mut client,
        &format!("select name from {ours} and context = 'user'"),
    );
    assert!(
        free.is_empty(),
        "settings that any role may change: {free:#?}"
    );
}

#[test]
fn public_has_no_privilege_to_change_anything() {
    let database = Database::create();
    let mut client = database.client();
    let callable = names(
        &mut client,
        &format!(
            "select identity from {OBJECTS} join pg_proc as p on classid = 'pg_proc'::regclass and p.oid = objid
            where (p.provolatile = 'v' or p.prosecdef) and has_function_privilege('public', p.oid, 'execute')"
        ),
    );
    assert!(
        callable.is_empty(),
        "functions that PUBLIC may execute: {callable:#?}"
    );
    let open = names(
        &mut client,
        &format!(
            "select identity from {OBJECTS} join pg_class as c on classid = 'pg_class'::regclass and c.oid = objid
            where case c.relkind
                when 'S' then has_sequence_privilege('public', c.oid, 'usage, select, update')
                else has_table_privilege('public', c.oid, 'select, insert, update, delete, truncate, references, trigger')
            end"
        ),
    );
    assert!(
        open.is_empty(),
        "relations with privileges for PUBLIC: {open:#?}"
    );
    let loose = names(
        &mut client,
        &format!(
            "select identity from {OBJECTS} join pg_proc as p on classid = 'pg_proc'::regclass and p.oid = objid
            where p.prosecdef and not coalesce(p.proconfig, '{{}}')::text like '%search_path=pg_catalog%pg_temp%'"
        ),
    );
    assert!(
        loose.is_empty(),
        "definer functions without a pinned search_path: {loose:#?}"
    );
    let superuser = names(
        &mut client,
        &format!(
            "select identity from {OBJECTS} left join pg_class as c on classid = 'pg_class'::regclass and c.oid = objid
            left join pg_proc as p on classid = 'pg_proc'::regclass and p.oid = objid
            join pg_roles as r on r.oid = coalesce(c.relowner, p.proowner)
            where r.rolsuper"
        ),
    );
    assert!(
        superuser.is_empty(),
        "objects that a superuser owns: {superuser:#?}"
    );
}
