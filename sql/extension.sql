-- Creates the extension. Run it as a superuser in the database that will hold the events.
create extension if not exists pg_musicstream;
