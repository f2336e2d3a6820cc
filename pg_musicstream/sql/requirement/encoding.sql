-- The library reads every text as UTF-8, and events can contain any character.
do $requirement$
begin
    if current_setting('server_encoding') <> 'UTF8' then
        raise exception 'pg_musicstream needs a database whose encoding is UTF8, but that of "%" is %',
            current_database(), current_setting('server_encoding')
            using errcode = 'feature_not_supported',
                detail = 'Events are UTF-8 text, and other encodings lack some of its characters.',
                hint = 'Create another database, for example with  create database music encoding ''UTF8'' template template0.';
    end if;
end
$requirement$;
