-- To be run by a superuser in the database that shall hold the events.
create extension if not exists pg_musicstream;
