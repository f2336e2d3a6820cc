-- One row a day whose partition was dropped, and one for the last day of each expiry: all days up to the newest row are
-- frozen, so that a batch compares its events with one date.
create table frozen_days (
    day date not null primary key,
    events bigint not null,
    frozen_at timestamptz not null default now()
);

comment on table frozen_days is 'UTC days whose events musicstream_expire() dropped; this day and all before it are frozen: their metrics stay as they are';
comment on column frozen_days.events is 'events that the day had';

select pg_catalog.pg_extension_config_dump('frozen_days', '');
