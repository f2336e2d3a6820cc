create function musicstream_internal.premade_until() returns date
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'premade_until_wrapper';

comment on function musicstream_internal.premade_until() is 'last UTC day whose partition a rollup creates now, by musicstream.premake';
