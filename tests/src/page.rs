//! Searches the HTTP pages of a program for payloads and secrets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::secrecy::assert_shows_nothing;

const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Searches all pages of a program for payloads and secrets; does nothing if it serves none.
///
/// # Errors
/// The program does not answer, for example because it is ending.
///
/// # Panics
/// A page shows one of these, or is missing.
pub(crate) fn assert_pages_show_nothing(name: &str, log: &str) -> std::io::Result<()> {
    let Some(address) = log
        .split_once("http://")
        .and_then(|(_, rest)| rest.split_once("/metrics"))
        .and_then(|(address, _)| address.parse().ok())
    else {
        return Ok(());
    };
    for path in ["/metrics", "/healthz", "/readyz"] {
        let answer = request(&address, path)?;
        let is_page = ["HTTP/1.1 200 ", "HTTP/1.1 503 "]
            .iter()
            .any(|start| answer.starts_with(start));
        assert!(is_page, "{path} of {name}: {answer}");
        assert_shows_nothing(&format!("{path} of {name}"), &answer);
    }
    Ok(())
}

/// The response to a GET request, as text.
///
/// # Errors
/// The connection fails, or is closed without a response.
pub(crate) fn request(address: &SocketAddr, path: &str) -> std::io::Result<String> {
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
