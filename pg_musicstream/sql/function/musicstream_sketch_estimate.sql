create function musicstream_sketch_estimate(sketch bytea) returns double precision
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_estimate_wrapper';

comment on function musicstream_sketch_estimate(bytea) is 'how many distinct values an HLL sketch has seen; standard error 0.8 % at lg_k 14';
