create table frozen_listeners (
    day date not null,
    region text not null,
    new_listeners bigint not null,
    returning_listeners bigint not null,
    day_1 bigint not null,
    day_7 bigint not null,
    day_28 bigint not null,
    primary key (day, region)
);

comment on table frozen_listeners is 'numbers of new_listeners and listener_retention of frozen days for which no day that is not frozen matters any more; listener_days has forgotten who they were';
comment on column frozen_listeners.day_1 is 'of the new listeners, those who were active on the day after';
comment on column frozen_listeners.day_7 is 'of the new listeners, those who were active on the seventh day after';
comment on column frozen_listeners.day_28 is 'of the new listeners, those who were active on the 28th day after';

select pg_catalog.pg_extension_config_dump('frozen_listeners', '');
