create function musicstream_premade_until() returns date
    language c stable strict parallel safe
    as 'MODULE_PATHNAME', 'musicstream_premade_until_wrapper';

comment on function musicstream_premade_until() is 'the last UTC day of which a rollup makes the partition now, by musicstream.premake';
