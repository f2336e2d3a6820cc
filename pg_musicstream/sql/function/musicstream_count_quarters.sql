create function musicstream_count_quarters(first timestamptz, past timestamptz, rule integer) returns bigint
    language c volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_count_quarters_wrapper';

comment on function musicstream_count_quarters(timestamptz, timestamptz, integer) is 'counts the listening of the quarters from first up to past anew by a rule, and notes who was active in them; returns how many events it read';

revoke execute on function musicstream_count_quarters(timestamptz, timestamptz, integer) from public;
