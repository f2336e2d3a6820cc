//! The log of a server.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};

use super::Cluster;

impl Cluster {
    /// The part of the server's log after this many bytes.
    pub fn log_since(&self, length: u64) -> String {
        let mut bytes = Vec::new();
        // A log that cannot be read counts as empty.
        let _ = fs::File::open(self.folder().join("log")).and_then(|mut file| {
            file.seek(SeekFrom::Start(length))?;
            file.read_to_end(&mut bytes)
        });
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The size of the server's log in bytes.
    pub fn log_length(&self) -> u64 {
        fs::metadata(self.folder().join("log")).map_or(0, |file| file.len())
    }

    /// The server's log.
    pub fn log(&self) -> String {
        fs::read(self.folder().join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}
