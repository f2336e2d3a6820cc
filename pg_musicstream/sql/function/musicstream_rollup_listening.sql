create function musicstream_rollup_listening(
    out hours_counted bigint,
    out hours_left bigint,
    out events_read bigint
)
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off -- costs of sorts and joins look like those of long queries
as $$
begin
    perform @extschema@.musicstream_begin_listening('musicstream_rollup_listening()');
    select w.* into hours_counted, hours_left, events_read
    from @extschema@.musicstream_count_waiting('infinity', 2000000) as w;
end
$$;

comment on function musicstream_rollup_listening() is 'counts listening time, streams, skips, sessions and listeners near the hours whose events changed since the last run, the two newest and then the oldest, about two million events a call: call it again while hours_left is not zero; returns the hours that it counted, those that it left, and the events that it read';

revoke execute on function musicstream_rollup_listening() from public;
