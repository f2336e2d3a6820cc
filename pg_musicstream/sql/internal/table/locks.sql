-- A session locks one of these tables to exclude other sessions from the same kind of work. Tables are used instead of
-- advisory locks, because any user can take and keep an advisory lock. Locking these tables needs privileges that only the
-- extension's functions have, and pg_locks shows their names.
-- SHARE UPDATE EXCLUSIVE is the weakest mode that excludes itself; readers and pg_dump are not blocked.
create table musicstream_internal.rollup_lock (nothing boolean);
create table musicstream_internal.partition_lock (nothing boolean);
create table musicstream_internal.listening_lock (nothing boolean);

alter table musicstream_internal.rollup_lock replica identity nothing; -- no rows, so nothing to publish
alter table musicstream_internal.partition_lock replica identity nothing;
alter table musicstream_internal.listening_lock replica identity nothing;

comment on table musicstream_internal.rollup_lock is 'holds no rows; locked by rollups and corrections, so that only one of them runs at a time';
comment on table musicstream_internal.partition_lock is 'holds no rows; locked until the end of the transaction by sessions that create partitions';
comment on table musicstream_internal.listening_lock is 'holds no rows; locked by sessions that count listening, after rollup_lock if both are needed';
