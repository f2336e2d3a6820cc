-- Not dumped, because rows have other places after a restore. Wrong contents cost time but do not change results: see
-- read_leaf().
create table musicstream_internal.hour_blocks (
    hour timestamptz not null primary key,
    blocks int4multirange not null
);

comment on table musicstream_internal.hour_blocks is 'blocks of a day''s partition that hold the events of a UTC hour, as far as scan_leaf() has read the partition';

create table musicstream_internal.scanned_leaves (
    day date not null primary key,
    blocks integer not null
);

comment on table musicstream_internal.scanned_leaves is 'how far scan_leaf() has read the partition of each UTC day';
comment on column musicstream_internal.scanned_leaves.blocks is 'all blocks before this one are in hour_blocks';
