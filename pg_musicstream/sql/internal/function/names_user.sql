create function musicstream_internal.names_user(key bytea, payload bytea, user_id text) returns boolean
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'names_user_wrapper';

comment on function musicstream_internal.names_user(bytea, bytea, text) is 'whether rejected input belongs to this user: by its key, its field user_id, or, if it is not JSON, one of its cells';
