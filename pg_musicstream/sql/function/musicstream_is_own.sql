create function musicstream_is_own(xid xid) returns boolean
    language c stable strict
    as 'MODULE_PATHNAME', 'musicstream_is_own_wrapper';

comment on function musicstream_is_own(xid) is 'whether this transaction, or a subtransaction of it that was not rolled back, has this id: with xmin, whether it wrote a row';
