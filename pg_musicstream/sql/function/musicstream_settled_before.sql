create function musicstream_settled_before() returns timestamptz
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
    return (
        select s.watermark - (
            select greatest(max(r.max_listen), max(r.session_gap)) from @extschema@.listening_rules as r
        )
        from @extschema@.rollup_state as s
    );

comment on function musicstream_settled_before() is 'listening before this time is settled where it is counted: the watermark less the larger of max_listen and session_gap, of any rule so far; null: no watermark yet';
