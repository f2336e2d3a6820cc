//! A TCP proxy that closes connections at points chosen by a test.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::database::Database;

/// No connection is to be closed.
const NEVER: i64 = i64::MAX;

/// The direction of transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// A proxy in front of a server. It ends, with its connections, when this is dropped.
pub struct Proxy {
    address: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    server: String,
    is_over: AtomicBool,
    /// Bytes that may still pass in each direction before the connection that transfers them is closed.
    up: AtomicI64,
    down: AtomicI64,
    trigger: Mutex<Option<Trigger>>,
    is_silent: AtomicBool,
    cuts: AtomicU64,
    streams: Mutex<Vec<TcpStream>>,
}

/// After the client has sent `words`, the server's next answer is replaced by `answer` and the connection closed.
struct Trigger {
    words: Vec<u8>,
    answer: Vec<u8>,
}

impl Proxy {
    /// Starts a proxy on a free port for `server` (`host:port`).
    ///
    /// # Panics
    /// No port is free.
    pub fn start(server: &str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let shared = Arc::new(Shared {
            server: server.to_owned(),
            up: AtomicI64::new(NEVER),
            down: AtomicI64::new(NEVER),
            ..Shared::default()
        });
        let proxy = Proxy {
            address: listener.local_addr().unwrap().to_string(),
            shared: shared.clone(),
        };
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.is_over.load(Ordering::Acquire) {
                    return;
                }
                if let Ok(client) = client {
                    shared.clone().carry(client);
                }
            }
        });
        proxy
    }

    /// Starts a proxy for the cluster of a database. Also returns the URL of the database through the proxy, for the ingest
    /// role.
    ///
    /// # Panics
    /// As [`Proxy::start`].
    pub fn before(database: &Database) -> (Proxy, String) {
        let url = database.ingest_url();
        let (user, rest) = url.split_once('@').unwrap();
        let (server, name) = rest.split_once('/').unwrap();
        let proxy = Proxy::start(server);
        // Without TLS, so that the proxy can read the traffic.
        let url = format!("{user}@{}/{name}?sslmode=disable", proxy.address());
        (proxy, url)
    }

    /// `host:port` for clients.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Closes a connection after `bytes` more bytes have passed in this direction; these bytes are forwarded.
    pub fn cut_after(&self, way: Way, bytes: u64) {
        let bytes = i64::try_from(bytes).unwrap_or(NEVER - 1);
        self.shared.left(way).store(bytes, Ordering::Release);
    }

    /// Closes the connection on which the client sends these bytes next, after the server has answered, without forwarding
    /// the answer.
    ///
    /// # Panics
    /// A thread of this proxy has panicked.
    pub fn cut_answer_to(&self, words: &[u8]) {
        self.replace_answer_to(words, Vec::new());
    }

    /// As [`Proxy::cut_answer_to`], but the client gets the error with which PgBouncer answers in place of a server that it has
    /// lost.
    ///
    /// # Panics
    /// As [`Proxy::cut_answer_to`].
    pub fn fail_answer_to(&self, words: &[u8]) {
        const FIELDS: &[u8] = b"SFATAL\0C08P01\0Mserver conn crashed?\0\0";
        // An ErrorResponse: a letter, the length of what follows including the length itself, and the fields.
        let mut answer = vec![b'E'];
        answer.extend((FIELDS.len() as u32 + 4).to_be_bytes());
        answer.extend(FIELDS);
        self.replace_answer_to(words, answer);
    }

    fn replace_answer_to(&self, words: &[u8], answer: Vec<u8>) {
        *self.shared.trigger.lock().unwrap() = Some(Trigger {
            words: words.to_vec(),
            answer,
        });
    }

    /// Closes all connections.
    ///
    /// # Panics
    /// A thread of this proxy has panicked.
    pub fn cut(&self) {
        for stream in self.shared.streams.lock().unwrap().drain(..) {
            // Fails if the connection is closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// While silent, it reads all bytes from the server and forwards none: connections stay open without an answer.
    pub fn set_silent(&self, is_silent: bool) {
        self.shared.is_silent.store(is_silent, Ordering::Release);
    }

    /// Number of connections that [`Proxy::cut_after`], [`Proxy::cut_answer_to`] and [`Proxy::fail_answer_to`] have closed.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Acquire)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        self.cut();
        // Wakes up the accepting thread.
        let _ = TcpStream::connect(&self.address);
    }
}

impl Shared {
    fn left(&self, way: Way) -> &AtomicI64 {
        match way {
            Way::Up => &self.up,
            Way::Down => &self.down,
        }
    }

    fn carry(self: Arc<Shared>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(&self.server) else {
            // The server cannot be reached: closes the client's connection, as without a proxy.
            return;
        };
        for stream in [&client, &server] {
            let _ = stream.set_nodelay(true);
            self.streams.lock().unwrap().extend(stream.try_clone());
        }
        // Set once the trigger has passed: what the client gets in place of the following answer.
        let replacement: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
        for (way, from, to) in [
            (Way::Up, client.try_clone(), server.try_clone()),
            (Way::Down, Ok(server), Ok(client)),
        ] {
            let (Ok(from), Ok(to)) = (from, to) else {
                return;
            };
            let (shared, replacement) = (self.clone(), replacement.clone());
            thread::spawn(move || shared.pump(way, from, to, &replacement));
        }
    }

    fn pump(
        &self,
        way: Way,
        mut from: TcpStream,
        mut to: TcpStream,
        replacement: &Mutex<Option<Vec<u8>>>,
    ) {
        let mut bytes = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let piece = &bytes[..count];
            if way == Way::Up
                && let Some(trigger) = self.take_trigger(piece)
            {
                *replacement.lock().unwrap() = Some(trigger.answer);
            }
            if way == Way::Down
                && let Some(answer) = replacement.lock().unwrap().take()
            {
                self.cuts.fetch_add(1, Ordering::AcqRel);
                let _ = to.write_all(&answer);
                break;
            }
            if way == Way::Down && self.is_silent.load(Ordering::Acquire) {
                continue;
            }
            let left = self.left(way);
            let before = match left.load(Ordering::Acquire) {
                NEVER => NEVER,
                _ => left.fetch_sub(count as i64, Ordering::AcqRel),
            };
            if before <= count as i64 {
                left.store(NEVER, Ordering::Release);
                let _ = to.write_all(&piece[..usize::try_from(before).unwrap_or(0)]);
                self.cuts.fetch_add(1, Ordering::AcqRel);
                break;
            }
            if to.write_all(piece).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    /// Removes and returns the trigger if these bytes contain its words.
    fn take_trigger(&self, piece: &[u8]) -> Option<Trigger> {
        self.trigger.lock().unwrap().take_if(|trigger| {
            let mut windows = piece.windows(trigger.words.len());
            windows.any(|window| window == trigger.words)
        })
    }
}
