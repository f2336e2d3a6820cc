create table daily_listeners (
    day date not null,
    region text not null,
    listeners bigint not null,
    sketch bytea not null,
    updated_at timestamptz not null,
    primary key (day, region)
);

-- Registers of a sketch look like noise: trying to compress them is in vain.
alter table daily_listeners alter column sketch set storage external;

comment on table daily_listeners is 'distinct users by UTC day and region, as of the last rollup; live_daily_listeners is up to the moment, musicstream_listeners() tells of several days and regions';
comment on column daily_listeners.listeners is 'estimated from the sketch; standard error 0.8 %';
comment on column daily_listeners.sketch is 'Apache DataSketches HLL, lg_k 14, of the user_ids as UTF-8: sketches of several cells can be merged, days and regions cannot be added up';
comment on column daily_listeners.updated_at is 'when a rollup last changed the row';

select pg_catalog.pg_extension_config_dump('daily_listeners', '');
