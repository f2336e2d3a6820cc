//! The extension's pure modules, for their unit tests: the extension's own library only links inside Postgres.

#![allow(dead_code)] // the callers are in the extension

#[path = "../../../pg_musicstream/src/listening/count.rs"]
mod count;
#[path = "../../../pg_musicstream/src/upsert/encode.rs"]
mod encode;
#[path = "../../../pg_musicstream/src/upsert/events.rs"]
mod events;
#[path = "../../../pg_musicstream/src/hour.rs"]
mod hour;
#[path = "../../../pg_musicstream/src/names.rs"]
mod names;
#[path = "../../../pg_musicstream/src/optimism.rs"]
mod optimism;
#[path = "../../../pg_musicstream/src/sketch/packed.rs"]
mod packed;
#[path = "../../../pg_musicstream/src/upsert/recent.rs"]
mod recent;
#[path = "../../../pg_musicstream/src/listening/song.rs"]
mod song;
#[path = "../../../pg_musicstream/src/listening/sums.rs"]
mod sums;
#[path = "../../../pg_musicstream/src/time.rs"]
mod time;
