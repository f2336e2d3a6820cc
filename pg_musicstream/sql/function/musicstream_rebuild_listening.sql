-- Quarters of the neighbouring days that depend on this one are counted again, too, by the rule that they have.
create function musicstream_rebuild_listening(day date) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    first constant timestamptz := day::timestamp at time zone 'UTC';
    past constant timestamptz := (day + 1)::timestamp at time zone 'UTC';
    newest constant integer := @extschema@.musicstream_listening_rule();
begin
    update @extschema@.counted_hours as h
    set rule = newest
    where h.hour >= first and h.hour < past and h.rule <> newest;
    delete from @extschema@.touched_hours as t where t.hour >= first and t.hour < past;
    perform @extschema@.musicstream_count_hours(
        array(select generate_series(first, past - interval '1 hour', interval '1 hour'))
    );
    perform @extschema@.musicstream_prune_listener_days(day);
end
$$;

comment on function musicstream_rebuild_listening(date) is 'counts the listening of this UTC day anew by the newest rule; called by who has the turn';

revoke execute on function musicstream_rebuild_listening(date) from public;
