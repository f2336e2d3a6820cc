//! Ports for servers of a test's own.

use std::net::TcpListener;

use rand::Rng as _;

/// Below those that the system gives to connections: a server that is down for a while finds its port free again.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// A port of the loopback that nobody has. Whoever takes it meanwhile makes the server's start fail, which its log says.
///
/// # Panics
/// All are taken.
pub fn free_port() -> u16 {
    let mut random = rand::rng();
    (0..1000)
        .map(|_| random.random_range(PORTS))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
