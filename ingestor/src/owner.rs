//! The name under which this process holds partitions.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// Host, process and a random part: unique, and a person can find the process by it.
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
