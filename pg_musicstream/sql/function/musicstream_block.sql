create function musicstream_block(place tid) returns integer
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_block_wrapper';

comment on function musicstream_block(tid) is 'the number of the block that a row lies in';
