create table musicstream_internal.listener_first_days (
    user_id text not null primary key,
    day date not null
);

create index listener_first_days_day on musicstream_internal.listener_first_days (day);

comment on table musicstream_internal.listener_first_days is 'first UTC day on which each user started or ended playback; contains user_ids, which musicstream_forget_user() deletes';
comment on index musicstream_internal.listener_first_days_day is 'finds the users whose first day this was';

select pg_catalog.pg_extension_config_dump('musicstream_internal.listener_first_days', '');
