//! What an ingestor tells over HTTP.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::process::Program;
use crate::secrecy::assert_shows_nothing;
use crate::wait::until;

const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The address at which a program serves, once its log names it.
///
/// # Panics
/// It does not in time.
pub fn address(program: &Program) -> String {
    until(Duration::from_secs(60), "the address to be served", || {
        let log = program.log();
        let (_, rest) = log.split_once("http://")?;
        Some(rest.split_once("/metrics")?.0.to_owned())
    })
}

/// Status and body of a page.
///
/// # Panics
/// The server does not answer as HTTP has it.
pub fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address)
        .unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
    stream.set_read_timeout(Some(ANSWER_WITHIN)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_shows_nothing(path, &answer);
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("not HTTP: {answer}"));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (
        status.unwrap_or_else(|| panic!("no status: {head}")),
        body.to_owned(),
    )
}

/// Looks for payloads and secrets in all that a program serves, if it serves anything.
///
/// # Errors
/// It does not answer, as one that is just ending.
///
/// # Panics
/// There is one; or a page is not there.
pub(crate) fn look_through(name: &str, log: &str) -> std::io::Result<()> {
    let Some(address) = log
        .split_once("http://")
        .and_then(|(_, rest)| rest.split_once("/metrics"))
        .and_then(|(address, _)| address.parse().ok())
    else {
        return Ok(());
    };
    for path in ["/metrics", "/healthz", "/readyz"] {
        let answer = ask(&address, path)?;
        let is_page = ["HTTP/1.1 200 ", "HTTP/1.1 503 "]
            .iter()
            .any(|start| answer.starts_with(start));
        assert!(is_page, "{path} of {name}: {answer}");
        assert_shows_nothing(&format!("{path} of {name}"), &answer);
    }
    Ok(())
}

fn ask(address: &SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(address, ANSWER_WITHIN)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    if stream.read_to_string(&mut answer)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer)
}

/// A figure of `/metrics`, named with its labels and without the prefix of all.
///
/// # Panics
/// It is not a number.
pub fn figure(address: &str, sample: &str) -> Option<f64> {
    let (status, text) = get(address, "/metrics");
    assert_eq!(status, 200, "{text}");
    let line = text.lines().find_map(|line| {
        line.strip_prefix("musicstream_ingestor_")?
            .strip_prefix(sample)?
            .strip_prefix(' ')
    })?;
    Some(
        line.parse()
            .unwrap_or_else(|error| panic!("{sample} {line}: {error}")),
    )
}
