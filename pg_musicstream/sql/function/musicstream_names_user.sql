create function musicstream_names_user(key bytea, payload bytea, user_id text) returns boolean
    language c immutable parallel safe
    as 'MODULE_PATHNAME', 'musicstream_names_user_wrapper';

comment on function musicstream_names_user(bytea, bytea, text) is 'whether rejected input is of this user: its key, its field user_id, or a cell where it is no JSON';
