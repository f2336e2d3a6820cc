-- Who logs in where the containers run: the ingestor, and people who read. Each password is in a file, as a container
-- engine mounts secrets; INGESTOR_PASSWORD_FILE and READER_PASSWORD_FILE name others.
\set ingestor_password `cat "${INGESTOR_PASSWORD_FILE:-/run/secrets/ingestor_password}"`
\set reader_password `cat "${READER_PASSWORD_FILE:-/run/secrets/reader_password}"`
-- With an empty password nobody could log in, and nothing would say so before the ingestor is refused.
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
