//! Ports for private servers of tests.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

use rand::Rng as _;

/// Below the ephemeral ports, so that no connection takes the port of a server that is stopped for a while.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// Ports of this process. A server may listen seconds later, or be stopped for a while.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A free loopback port that no other test of this process gets. If another process takes it meanwhile, the start of the
/// server fails, and its log says so.
///
/// # Panics
/// No port is free.
pub fn free_port() -> u16 {
    let mut random = rand::rng();
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    (0..1000)
        .map(|_| random.random_range(PORTS))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok() && given.insert(*port))
        .expect("a free port")
}
