create function musicstream_internal.count_quarters(first timestamptz, past timestamptz, rule integer, most_events bigint) returns bigint
    language c volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'count_quarters_wrapper';

comment on function musicstream_internal.count_quarters(timestamptz, timestamptz, integer, bigint) is 'counts the listening of the quarters from first up to past by a rule, and records the active users; has about most_events events in memory at a time, or all of one user; returns the number of events read';

revoke execute on function musicstream_internal.count_quarters(timestamptz, timestamptz, integer, bigint) from public;
