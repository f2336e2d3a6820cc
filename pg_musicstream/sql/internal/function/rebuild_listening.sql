-- Also counts the quarters of neighbouring days that depend on this day, by the rule that they have.
create function musicstream_internal.rebuild_listening(day date) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
declare
    first constant timestamptz := day::timestamp at time zone 'UTC';
    past constant timestamptz := (day + 1)::timestamp at time zone 'UTC';
    newest constant integer := musicstream_internal.current_listening_rule();
begin
    update @extschema@.counted_hours as h
    set rule = newest
    where h.hour >= first and h.hour < past and h.rule <> newest;
    delete from musicstream_internal.touched_hours as t where t.hour >= first and t.hour < past;
    perform musicstream_internal.count_hours(
        array(select generate_series(first, past - interval '1 hour', interval '1 hour'))
    );
    perform musicstream_internal.prune_listener_days(day);
end
$$;

comment on function musicstream_internal.rebuild_listening(date) is 'counts the listening of this UTC day again by the newest rule; the caller holds listening_lock';

revoke execute on function musicstream_internal.rebuild_listening(date) from public;
