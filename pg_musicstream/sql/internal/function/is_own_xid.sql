create function musicstream_internal.is_own_xid(xid xid) returns boolean
    language c stable strict
    as 'MODULE_PATHNAME', 'is_own_xid_wrapper';

comment on function musicstream_internal.is_own_xid(xid) is 'whether this is the id of the current transaction or of one of its subtransactions that was not rolled back; applied to xmin: whether this transaction wrote the row';
