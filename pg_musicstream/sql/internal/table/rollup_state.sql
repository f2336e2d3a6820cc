-- Holds at most one row, which rollups write.
create table musicstream_internal.rollup_state (
    singleton boolean not null primary key default true check (singleton),
    watermark timestamptz,
    revision bigint not null default 0,
    last_rollup_at timestamptz,
    last_rollup_ms double precision,
    last_rollup_deltas bigint
);

comment on table musicstream_internal.rollup_state is 'watermark, revision and duration as of the last rollup';
comment on column musicstream_internal.rollup_state.watermark is 'newest event time of the slowest active source partition, less musicstream.lateness; never moves back';
comment on column musicstream_internal.rollup_state.revision is 'raised by every rollup and correction that changed a metric';
comment on column musicstream_internal.rollup_state.last_rollup_ms is 'duration of the last rollup in milliseconds';
comment on column musicstream_internal.rollup_state.last_rollup_deltas is 'rows of metric_deltas that the last rollup folded';

select pg_catalog.pg_extension_config_dump('musicstream_internal.rollup_state', '');
