create function musicstream_settled_before() returns timestamptz
    language sql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    return (
        select s.watermark - (
            select greatest(max(r.max_listen), max(r.session_gap)) from @extschema@.listening_rules as r
        )
        from musicstream_internal.rollup_state as s
    );

comment on function musicstream_settled_before() is 'listening before this time no longer changes unless late events arrive: the watermark less the longest max_listen or session_gap of any rule so far; null without a watermark';
