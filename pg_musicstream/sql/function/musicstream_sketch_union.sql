create function musicstream_internal.sketch_union_step(state internal, sketch bytea) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'sketch_union_step_wrapper';

comment on function musicstream_internal.sketch_union_step(internal, bytea) is 'transition function of musicstream_sketch_union()';

create aggregate musicstream_sketch_union(sketch bytea) (
    sfunc = musicstream_internal.sketch_union_step,
    stype = internal,
    sspace = 20000,
    finalfunc = musicstream_internal.sketch_bytes,
    parallel = safe
);

comment on aggregate musicstream_sketch_union(bytea) is 'merges HLL sketches; a user in several of them is counted once; null for no rows';
