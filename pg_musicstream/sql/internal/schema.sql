create schema musicstream_internal;

comment on schema musicstream_internal is 'what pg_musicstream is built of, and the partitions of raw_events; names and columns may change with every version';
