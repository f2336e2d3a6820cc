create function musicstream_sketch_add(state internal, user_id text) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_add_wrapper';

comment on function musicstream_sketch_add(internal, text) is 'transition function of musicstream_sketch()';

create function musicstream_sketch_bytes(state internal) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_sketch_bytes_wrapper';

comment on function musicstream_sketch_bytes(internal) is 'final function of musicstream_sketch() and musicstream_sketch_union()';

create aggregate musicstream_sketch(user_id text) (
    sfunc = musicstream_sketch_add,
    stype = internal,
    sspace = 20000,
    finalfunc = musicstream_sketch_bytes,
    parallel = safe
);

comment on aggregate musicstream_sketch(text) is 'HLL sketch of distinct user_ids, as daily_listeners holds them; null of no rows';
