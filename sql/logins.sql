-- Creates the login roles of the containers: one for the ingestor, one for readers. Each password is read from a file, because
-- container engines mount secrets as files; INGESTOR_PASSWORD_FILE and READER_PASSWORD_FILE override the paths.
\set ingestor_password `cat "${INGESTOR_PASSWORD_FILE:-/run/secrets/ingestor_password}"`
\set reader_password `cat "${READER_PASSWORD_FILE:-/run/secrets/reader_password}"`
-- An empty password disables the login, which would only show when the ingestor is refused.
select :'ingestor_password' = '' or :'reader_password' = '' as is_missing \gset
\if :is_missing
    do $$
    begin
        raise exception 'the password of login ingestor or reader is missing'
            using hint = 'Mount it as /run/secrets/ingestor_password and /run/secrets/reader_password, readable for user postgres, '
                'then start again with an empty volume.';
    end
    $$;
\endif
create role ingestor login password :'ingestor_password' in role musicstream_ingest;
create role reader login password :'reader_password' in role musicstream_read;
