create table counted_hours (
    hour timestamptz not null primary key,
    rule integer not null
);

comment on table counted_hours is 'UTC hours that have numbers of listening, and the rule that they were counted by; an hour keeps its rule until musicstream_rebuild() counts it by the newest';
comment on column counted_hours.rule is 'see listening_rules';

select pg_catalog.pg_extension_config_dump('counted_hours', '');
