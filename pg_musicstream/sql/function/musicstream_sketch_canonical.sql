create function musicstream_sketch_canonical(sketches bytea[]) returns bytea
    language c immutable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_canonical_wrapper';

comment on function musicstream_sketch_canonical(bytea[]) is 'HLL sketches merged into one whose bytes depend on the set of users alone: equal if they have seen the same; null: one is no sketch, or there is none';
