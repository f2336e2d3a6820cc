create function musicstream_sketch_grown(sketch bytea, added bytea) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_grown_wrapper';

comment on function musicstream_sketch_grown(bytea, bytea) is 'both HLL sketches merged; null: the first has seen all users of the second, or there is no second';
