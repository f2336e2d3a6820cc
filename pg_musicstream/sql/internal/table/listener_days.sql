create table musicstream_internal.listener_days (
    day date not null,
    region text not null,
    user_id text not null,
    primary key (day, region, user_id)
);

-- Finds all days of a user, for the first day and for retention.
create index listener_days_user on musicstream_internal.listener_days (user_id, day);

comment on table musicstream_internal.listener_days is 'users who started or ended playback, by UTC day and region, as of the last musicstream_rollup_listening(); contains user_ids, which musicstream_forget_user() deletes';
comment on index musicstream_internal.listener_days_user is 'finds the days of a user';

select pg_catalog.pg_extension_config_dump('musicstream_internal.listener_days', '');
