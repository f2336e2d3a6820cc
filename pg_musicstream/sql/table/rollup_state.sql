-- One row at most, written by the rollup.
create table rollup_state (
    singleton boolean not null primary key default true check (singleton),
    watermark timestamptz,
    revision bigint not null default 0,
    last_rollup_at timestamptz
);

comment on table rollup_state is 'what the last rollup left behind';
comment on column rollup_state.watermark is 'event time up to which all is believed to have come; never moves back';
comment on column rollup_state.revision is 'grows with every rollup that changed a metric';

select pg_catalog.pg_extension_config_dump('rollup_state', '');
