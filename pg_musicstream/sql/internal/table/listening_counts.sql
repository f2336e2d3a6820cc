create table musicstream_internal.listening_counts (
    quarter timestamptz not null,
    region text not null,
    plays bigint not null,
    streams bigint not null,
    skips bigint not null,
    listened_us bigint not null,
    sessions bigint not null,
    primary key (quarter, region)
) with (fillfactor = 80); -- room for updates of the newest quarters on the same page

-- daily_listening groups by this expression, so a condition on its day can use the index.
create index listening_counts_day on musicstream_internal.listening_counts (((quarter at time zone 'UTC')::date));

comment on table musicstream_internal.listening_counts is 'listening by quarter of an hour and region, as of the last musicstream_rollup_listening(); the view quarter_listening presents it';
comment on index musicstream_internal.listening_counts_day is 'finds the quarters of UTC days';
comment on column musicstream_internal.listening_counts.plays is 'plays that began in this quarter';
comment on column musicstream_internal.listening_counts.streams is 'number of these plays that lasted at least musicstream.stream_after';
comment on column musicstream_internal.listening_counts.skips is 'number of these plays that an event ended earlier';
comment on column musicstream_internal.listening_counts.listened_us is 'microseconds of playback within this quarter, whenever the plays began';
comment on column musicstream_internal.listening_counts.sessions is 'sessions that began in this quarter';

select pg_catalog.pg_extension_config_dump('musicstream_internal.listening_counts', '');
