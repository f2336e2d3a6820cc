-- Objects that the present version no longer has.
create table musicstream_internal.gone_table (day date not null primary key);
comment on table musicstream_internal.gone_table is 'a table that the next version drops';
select pg_catalog.pg_extension_config_dump('musicstream_internal.gone_table', '');

create view gone_view as select day from musicstream_internal.gone_table;
comment on view gone_view is 'a view that the next version drops';

create function musicstream_gone(day date) returns bigint
    language sql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    return (select count(*) from musicstream_internal.gone_table as g where g.day = musicstream_gone.day);
comment on function musicstream_gone(date) is 'a function that the next version drops';
