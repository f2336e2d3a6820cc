create table listener_days (
    day date not null,
    region text not null,
    user_id text not null,
    primary key (day, region, user_id)
);

-- All days of a user: for the first one, and for retention.
create index listener_days_user on listener_days (user_id, day);

comment on table listener_days is 'who started or ended playback on which UTC day and in which region, as of the last musicstream_rollup_listening(); names users: musicstream_forget_user() clears it';
comment on index listener_days_user is 'finds the days of a user';

select pg_catalog.pg_extension_config_dump('listener_days', '');
