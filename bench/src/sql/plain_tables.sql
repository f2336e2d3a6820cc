create table plain (
    event_id uuid primary key,
    user_id text not null,
    event_type text not null,
    region text not null,
    ts timestamptz not null,
    song_id text,
    device text,
    ingested_at timestamptz not null default now()
);
create table plain_sorted (like plain including all);
