create function musicstream_rollup_listening(
    out hours_counted bigint,
    out hours_left bigint,
    out events_read bigint
)
    language plpgsql volatile security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set jit = off -- not worth its start-up time, but the estimated costs would trigger it
as $$
begin
    perform musicstream_internal.begin_listening('musicstream_rollup_listening()');
    select w.* into hours_counted, hours_left, events_read
    from musicstream_internal.count_touched_hours('infinity', 2000000) as w;
end
$$;

comment on function musicstream_rollup_listening() is 'counts listening near the hours whose events changed since the last run: the two newest hours up to the current one, those after it, and the oldest of the others until these have about two million events; call it again until hours_left is zero or no longer falls; returns the number of hours counted, hours left and events read';

revoke execute on function musicstream_rollup_listening() from public;
