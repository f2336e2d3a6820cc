create function musicstream_internal.max_new_days() returns integer
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'max_new_days_wrapper';

comment on function musicstream_internal.max_new_days() is 'value of musicstream.max_new_days';
