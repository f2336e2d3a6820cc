create function musicstream_sketch_merge(state internal, sketch bytea) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_merge_wrapper';

comment on function musicstream_sketch_merge(internal, bytea) is 'transition function of musicstream_sketch_union()';

create aggregate musicstream_sketch_union(sketch bytea) (
    sfunc = musicstream_sketch_merge,
    stype = internal,
    sspace = 20000,
    finalfunc = musicstream_sketch_bytes,
    parallel = safe
);

comment on aggregate musicstream_sketch_union(bytea) is 'merges HLL sketches: who is in several of them is counted once; null of no rows';
