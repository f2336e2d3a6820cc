//! The name of this process as the owner of partitions in the ledger.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// Host name, process id and a random part: unique, and enough to find the process.
pub(crate) fn of_this_process() -> Arc<str> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned());
    let random = RandomState::new().hash_one(std::process::id()) as u32;
    format!("{host}/{}/{random:08x}", std::process::id()).into()
}
