create function musicstream_internal.grown_sketch(sketch bytea, added bytea) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'grown_sketch_wrapper';

comment on function musicstream_internal.grown_sketch(bytea, bytea) is 'both HLL sketches merged; null if the second contains no user that the first lacks, or is null';
