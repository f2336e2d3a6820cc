-- One row at most, written by the rollup.
create table rollup_state (
    singleton boolean not null primary key default true check (singleton),
    watermark timestamptz,
    revision bigint not null default 0,
    last_rollup_at timestamptz,
    last_rollup_ms double precision,
    last_rollup_deltas bigint
);

comment on table rollup_state is 'what the last rollup left behind';
comment on column rollup_state.watermark is 'event time up to which all is believed to have come; never moves back';
comment on column rollup_state.revision is 'grows with every rollup that changed a metric';
comment on column rollup_state.last_rollup_ms is 'how long the last rollup took, in milliseconds';
comment on column rollup_state.last_rollup_deltas is 'how many rows of metric_deltas the last rollup folded';

select pg_catalog.pg_extension_config_dump('rollup_state', '');
