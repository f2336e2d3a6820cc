create table counted_hours (
    hour timestamptz not null primary key,
    rule integer not null
);

comment on table counted_hours is 'UTC hours with listening counts, and the rule that each was counted by; an hour keeps its rule until musicstream_rebuild() counts it by the newest rule';
comment on column counted_hours.rule is 'number of the rule in listening_rules';

select pg_catalog.pg_extension_config_dump('counted_hours', '');
