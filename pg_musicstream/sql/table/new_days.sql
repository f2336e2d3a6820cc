-- A budget: not dumped, for what was made before a restore does not count.
create table new_days (
    day date not null primary key,
    made_at timestamptz not null default now()
);

comment on table new_days is 'past UTC days whose partitions were made in the last 24 hours because an event came, not because anyone asked; at most musicstream.max_new_days';
