//! What the project promises, tried on a real Postgres and a real Kafka. One module a promise.

#![allow(clippy::unwrap_used)] // a test has nobody to hand an error to

mod broker;
mod bytes;
mod catalogue;
mod clock;
mod command_line;
mod corpora;
mod correction;
mod crash;
mod credentials;
mod csv_file;
mod dedup;
mod disk;
mod eventsim;
mod fence;
mod inbox;
mod interleaving;
mod interrupt;
mod kill;
mod limits;
mod listeners;
mod membership;
mod model;
mod operations;
mod outage;
mod plain_sql;
mod progress;
mod protocol;
mod record;
mod restore;
mod security;
mod settings;
mod shutdown;
mod snapshot;
mod torture;
mod upgrade;
mod viewer;
mod zones;
