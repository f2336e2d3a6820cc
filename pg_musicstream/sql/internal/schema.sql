create schema musicstream_internal;

comment on schema musicstream_internal is 'internal objects of pg_musicstream, and the partitions of raw_events; names and columns may change with every version';
