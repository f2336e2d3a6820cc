create function musicstream_sketch_estimate(sketch bytea) returns double precision
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_estimate_wrapper';

comment on function musicstream_sketch_estimate(bytea) is 'number of distinct users in an HLL sketch; an estimate with a standard error of 0.8 %';
