create table listener_first_days (
    user_id text not null primary key,
    day date not null
);

create index listener_first_days_day on listener_first_days (day);

comment on table listener_first_days is 'the first UTC day on which each user started or ended playback; names users: musicstream_forget_user() clears it';
comment on index listener_first_days_day is 'finds the users that were new on a day';

select pg_catalog.pg_extension_config_dump('listener_first_days', '');
