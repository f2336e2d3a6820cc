create function musicstream_internal.block_number(place tid) returns integer
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'block_number_wrapper';

comment on function musicstream_internal.block_number(tid) is 'block number of a ctid';
