create function musicstream_internal.is_distributed() returns boolean
    language c stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'is_distributed_wrapper';

comment on function musicstream_internal.is_distributed() is 'whether Citus has distributed raw_events';

revoke execute on function musicstream_internal.is_distributed() from public;
