//! Messages to systemd, received on a datagram socket.

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

/// The messages since the last call, one line each.
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
fn systemd_receives_readiness_status_watchdog_and_stopping() {
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
    let mut receive = |what: &str, wanted: &str| {
        until(TIMEOUT, what, || {
            let new = received(&socket);
            let is_there = new.iter().any(|line| line.starts_with(wanted));
            log.extend(new);
            is_there.then_some(())
        });
        std::mem::take(&mut log)
    };
    receive("the stream to be ready", "READY=1");
    assert_eq!(
        get(&http, "/readyz").0,
        200,
        "READY=1 is sent when /readyz is 200"
    );
    receive("a watchdog message", "WATCHDOG=1");
    receive("another watchdog message", "WATCHDOG=1");

    proxy.set_silent(true);
    receive(
        "the outage",
        &format!("STATUS={}: no event can be stored", topic.name()),
    );
    receive("a watchdog message in the outage", "WATCHDOG=1");
    proxy.set_silent(false);
    let after = receive("the end of the outage", "STATUS=ready");
    assert!(
        !after.contains(&"READY=1".to_owned()),
        "READY=1 is sent once: {after:?}"
    );

    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    let last = received(&socket);
    assert!(last.contains(&"STOPPING=1".to_owned()), "{last:?}");
}
