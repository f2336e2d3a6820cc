create table musicstream_internal.frozen_listeners (
    day date not null,
    region text not null,
    new_listeners bigint not null,
    returning_listeners bigint not null,
    day_1 bigint not null,
    day_7 bigint not null,
    day_28 bigint not null,
    primary key (day, region)
);

comment on table musicstream_internal.frozen_listeners is 'numbers of new_listeners and listener_retention for frozen days whose users were deleted from listener_days';
comment on column musicstream_internal.frozen_listeners.day_1 is 'number of the new listeners that were active one day later';
comment on column musicstream_internal.frozen_listeners.day_7 is 'number of the new listeners that were active seven days later';
comment on column musicstream_internal.frozen_listeners.day_28 is 'number of the new listeners that were active 28 days later';

select pg_catalog.pg_extension_config_dump('musicstream_internal.frozen_listeners', '');
