-- The tables that every peer fills; raw_events has the same columns as that of the extension.
create table raw_events (
    event_id uuid primary key,
    user_id text not null,
    event_type text not null,
    region text not null,
    ts timestamptz not null,
    song_id text,
    device text,
    ingested_at timestamptz not null default now()
);
create table daily_metrics (
    day date not null,
    event_type text not null,
    region text not null,
    events bigint not null,
    primary key (day, event_type, region)
);
