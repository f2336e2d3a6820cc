-- The changes since the version of old_version.rs that CREATE OR REPLACE cannot express.
\include requirement/encoding.sql
\include internal/table/new_days.sql

alter extension pg_musicstream drop table musicstream_internal.gone_table;
drop function musicstream_gone(date);
drop view gone_view;
drop table musicstream_internal.gone_table;

alter table musicstream_internal.rollup_state add column last_rollup_deltas bigint;
comment on column musicstream_internal.rollup_state.last_rollup_deltas is 'rows of metric_deltas that the last rollup folded';
drop view musicstream_status; -- it gets a column between others

drop function musicstream_delete(uuid[]); -- its parameter gets another name

alter table event_types add constraint builtin_playback_is_fixed
    check (playback is null or event_type not in ('play', 'pause', 'stop'));
select pg_catalog.pg_extension_config_dump('event_types', '');

create index song_counts_day on musicstream_internal.song_counts (((quarter at time zone 'UTC')::date));
comment on index musicstream_internal.song_counts_day is 'finds the quarters of UTC days';

alter table musicstream_internal.touched_hours replica identity full;
comment on column raw_events.ts is 'time of the event by the clock of the device';

\views and functions
