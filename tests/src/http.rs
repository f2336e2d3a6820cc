//! An ingestor's HTTP pages.

use std::time::Duration;

use crate::page::request;
use crate::process::Program;
use crate::secrecy::assert_shows_nothing;
use crate::wait::until;

/// Waits until the program's log has the address at which it serves, and returns it.
///
/// # Panics
/// The log does not have it in time.
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
/// There is no response, or it is not HTTP.
pub fn get(address: &str, path: &str) -> (u16, String) {
    let socket = address.parse().unwrap();
    let answer = request(&socket, path)
        .unwrap_or_else(|error| panic!("no response from {address}: {error}"));
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

/// The value of a sample of `/metrics`. `sample` has its labels, and lacks the common prefix.
///
/// # Panics
/// The value is not a number.
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
