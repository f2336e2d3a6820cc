-- Not dumped: the limit applies to the last 24 hours on this server.
create table musicstream_internal.new_days (
    day date not null primary key,
    made_at timestamptz not null default now()
);

comment on table musicstream_internal.new_days is 'past UTC days whose partitions were created in the last 24 hours because events arrived; limited by musicstream.max_new_days';
