//! What the project promises, tried on a real Postgres and a real Kafka. One module a promise.

#![allow(clippy::unwrap_used)] // a test has nobody to hand an error to

mod catalogue;
mod command_line;
mod corpora;
mod csv_file;
mod eventsim;
mod fence;
mod kill;
mod listeners;
mod plain_sql;
mod progress;
mod protocol;
mod record;
mod snapshot;
mod upgrade;
mod viewer;
mod zones;
