-- Whoever holds the lock on one of these has the turn. Tables and not advisory locks, which anyone who may connect can
-- take and keep; locking these takes rights that only the extension's functions have, and pg_locks tells their names.
-- The mode is the weakest in which two sessions exclude one another: readers, pg_dump and VACUUM of other tables go on.
create table rollup_turn (nothing boolean);
create table partition_turn (nothing boolean);
create table listening_turn (nothing boolean);

alter table rollup_turn replica identity nothing; -- no row, no change to publish
alter table partition_turn replica identity nothing;
alter table listening_turn replica identity nothing;

comment on table rollup_turn is 'holds no rows; rollups and corrections lock it, so that they come one after another';
comment on table partition_turn is 'holds no rows; who makes partitions locks it until the end of the transaction';
comment on table listening_turn is 'holds no rows; who counts listening locks it, after rollup_turn where both are locked';
