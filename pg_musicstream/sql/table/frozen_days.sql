-- One row for each day whose partition was dropped, and one row for the last day of each expiry. All days up to the newest
-- row are frozen, so a batch compares its events with one date.
create table frozen_days (
    day date not null primary key,
    events bigint not null,
    frozen_at timestamptz not null default now()
);

comment on table frozen_days is 'UTC days whose events musicstream_expire() dropped; the newest of these days and all days before it are frozen: their metrics no longer change';
comment on column frozen_days.events is 'number of events of the day when it was frozen';

select pg_catalog.pg_extension_config_dump('frozen_days', '');
