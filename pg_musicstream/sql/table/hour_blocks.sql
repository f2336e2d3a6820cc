-- Not dumped: where rows lie is another place after a restore. What is wrong here costs time and nothing else, see
-- musicstream_read_leaf().
create table hour_blocks (
    hour timestamptz not null primary key,
    blocks int4multirange not null
);

comment on table hour_blocks is 'in which blocks of a day''s partition the events of each UTC hour lie, as far as musicstream_rollup_listening() has looked';

create table scanned_leaves (
    day date not null primary key,
    blocks integer not null
);

comment on table scanned_leaves is 'how far hour_blocks knows the partition of a UTC day';
comment on column scanned_leaves.blocks is 'events before this block are in hour_blocks';
