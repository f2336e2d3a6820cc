//! Ports for private servers of tests.

use std::net::TcpListener;

use rand::Rng as _;

/// Below the ephemeral ports, so that no connection takes the port of a server that is stopped for a while.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// A free loopback port. If another process takes it meanwhile, the start of the server fails, and its log says so.
///
/// # Panics
/// No port is free.
pub fn free_port() -> u16 {
    let mut random = rand::rng();
    (0..1000)
        .map(|_| random.random_range(PORTS))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
