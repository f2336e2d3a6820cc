//! What systemd is told: a real datagram socket in its place.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use musicstream_tests::database::Database;
use musicstream_tests::http::{address, get};
use musicstream_tests::pipeline::stream;
use musicstream_tests::process::Program;
use musicstream_tests::proxy::Proxy;
use musicstream_tests::topic::Topic;
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(60);

/// The messages that have come since the last call, a line each.
fn received(socket: &UnixDatagram) -> Vec<String> {
    let mut lines = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length) = socket.recv(&mut buffer) {
        let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}

#[test]
fn systemd_is_told_of_readiness_outage_life_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_nonblocking(true).unwrap();
    let topic = Topic::create("notify", 1);
    let database = Database::create();
    let (proxy, url) = Proxy::before(&database);
    let program = Program::start(
        stream(&database, &topic)
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "1000000")
            .env("DATABASE_URL", format!("{url}&connect_timeout=2"))
            .args(["--listen", "127.0.0.1:0", "--answer-timeout", "2s"])
            .args(["--group", topic.name()]),
    );
    let http = address(&program);
    let mut log: Vec<String> = Vec::new();
    let mut hear = |what: &str, wanted: &str| {
        until(TIMEOUT, what, || {
            let new = received(&socket);
            let is_there = new.iter().any(|line| line.starts_with(wanted));
            log.extend(new);
            is_there.then_some(())
        });
        std::mem::take(&mut log)
    };
    hear("the stream to be ready", "READY=1");
    assert_eq!(get(&http, "/readyz").0, 200, "ready is what /readyz says");
    hear("a sign of life", "WATCHDOG=1");
    hear("another sign of life", "WATCHDOG=1");

    proxy.set_silent(true);
    hear(
        "the outage",
        &format!("STATUS={}: no event can be stored", topic.name()),
    );
    hear("a sign of life in the outage", "WATCHDOG=1");
    proxy.set_silent(false);
    let after = hear("the end of the outage", "STATUS=ready");
    assert!(
        !after.contains(&"READY=1".to_owned()),
        "it has started once: {after:?}"
    );

    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    let last = received(&socket);
    assert!(last.contains(&"STOPPING=1".to_owned()), "{last:?}");
}
