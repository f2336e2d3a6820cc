create function musicstream_max_new_days() returns integer
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_max_new_days_wrapper';

comment on function musicstream_max_new_days() is 'of how many past UTC days events alone may make partitions within 24 hours, by musicstream.max_new_days';
