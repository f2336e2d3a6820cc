create function musicstream_internal.sketch_users_step(state internal, user_id text) returns internal
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'sketch_users_step_wrapper';

comment on function musicstream_internal.sketch_users_step(internal, text) is 'transition function of sketch_users()';

create function musicstream_internal.sketch_bytes(state internal) returns bytea
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'sketch_bytes_wrapper';

comment on function musicstream_internal.sketch_bytes(internal) is 'final function of sketch_users() and musicstream_sketch_union()';

create aggregate musicstream_internal.sketch_users(user_id text) (
    sfunc = musicstream_internal.sketch_users_step,
    stype = internal,
    sspace = 20000,
    finalfunc = musicstream_internal.sketch_bytes,
    parallel = safe
);

comment on aggregate musicstream_internal.sketch_users(text) is 'HLL sketch of distinct user_ids, in the format of daily_listeners; null for no rows';
