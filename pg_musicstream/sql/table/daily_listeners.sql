create table daily_listeners (
    day date not null,
    region text not null,
    listeners bigint not null,
    sketch bytea not null,
    updated_at timestamptz not null,
    primary key (day, region)
);

-- The registers of a sketch are close to random, so compression only costs time.
alter table daily_listeners alter column sketch set storage external;

comment on table daily_listeners is 'distinct users by UTC day and region, as of the last rollup; live_daily_listeners includes later events, musicstream_listeners() counts users over several days and regions';
comment on column daily_listeners.listeners is 'estimate of the sketch; standard error 0.8 %';
comment on column daily_listeners.sketch is 'Apache DataSketches HLL sketch (lg_k 14) of the user_ids in UTF-8; musicstream_sketch_union() merges sketches of several days and regions, whose listeners must not be added';
comment on column daily_listeners.updated_at is 'time of the last rollup that changed the row';

select pg_catalog.pg_extension_config_dump('daily_listeners', '');
