create table listening_counts (
    quarter timestamptz not null,
    region text not null,
    plays bigint not null,
    streams bigint not null,
    skips bigint not null,
    listened_us bigint not null,
    sessions bigint not null,
    primary key (quarter, region)
) with (fillfactor = 80); -- room for the updates of the newest quarters on their own page

-- daily_listening groups by this expression, and a bound on its day becomes one on the index.
create index listening_counts_day on listening_counts (((quarter at time zone 'UTC')::date));

comment on table listening_counts is 'listening by quarter of an hour and region, as of the last musicstream_rollup_listening(); quarter_listening shows it';
comment on index listening_counts_day is 'finds the quarters of UTC days';
comment on column listening_counts.plays is 'plays that began in this quarter';
comment on column listening_counts.streams is 'of these plays, those of at least musicstream.stream_after';
comment on column listening_counts.skips is 'of these plays, those that an event ended before that';
comment on column listening_counts.listened_us is 'microseconds of plays, of whatever quarter, that fall into this one';
comment on column listening_counts.sessions is 'sessions that began in this quarter';

select pg_catalog.pg_extension_config_dump('listening_counts', '');
