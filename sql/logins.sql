-- Who logs in where the containers run: the ingestor, and people who read. Their passwords come from the environment.
\getenv ingestor_password INGESTOR_PASSWORD
\getenv reader_password READER_PASSWORD
create role ingestor login password :'ingestor_password' in role musicstream_ingest;
create role reader login password :'reader_password' in role musicstream_read;
