create function musicstream_is_distributed() returns boolean
    language c stable
    set search_path = pg_catalog, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_is_distributed_wrapper';

comment on function musicstream_is_distributed() is 'whether Citus has distributed raw_events';

revoke execute on function musicstream_is_distributed() from public;
