create function musicstream_internal.canonical_sketch(sketches bytea[]) returns bytea
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'canonical_sketch_wrapper';

comment on function musicstream_internal.canonical_sketch(bytea[]) is 'merges HLL sketches into a form whose bytes depend on the set of users only, so that sketches of the same users are equal; null if there is no sketch or one is malformed';
