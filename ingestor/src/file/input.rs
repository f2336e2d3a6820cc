//! Opens a file or standard input, and decompresses it.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::FileError;

const READ_BYTES: usize = 256 << 10;

/// The decompressed content of a file, and how much of the file was read.
pub(super) struct Input {
    pub(super) stream: Box<dyn Read + Send>,
    pub(super) name: String,
    /// Size of the file on disk; 0 for a pipe.
    pub(super) size: u64,
    read: Arc<AtomicU64>,
}

impl Input {
    /// Opens a file, or standard input for `-`. Compression is detected by content, not by name: some download tools
    /// decompress a file and keep its name.
    pub(super) fn open(path: &Path) -> Result<Input, FileError> {
        let name = path.display().to_string();
        if name == "-" {
            return Input::over(Box::new(io::stdin()), "standard input".to_owned(), 0);
        }
        let file = File::open(path).map_err(|source| FileError::Open {
            path: name.clone(),
            source,
        })?;
        let metadata = file.metadata().map_err(|source| FileError::Open {
            path: name.clone(),
            source,
        })?;
        if metadata.is_dir() {
            return Err(FileError::Directory { path: name });
        }
        let size = if metadata.is_file() {
            metadata.len()
        } else {
            0
        };
        Input::over(Box::new(file), name, size)
    }

    pub(super) fn over(
        source: Box<dyn Read + Send>,
        name: String,
        size: u64,
    ) -> Result<Input, FileError> {
        let read = Arc::new(AtomicU64::new(0));
        let mut source = Counted {
            source,
            read: read.clone(),
        };
        let fail = |source| FileError::Read {
            path: name.clone(),
            offset: 0,
            source,
        };
        let magic = first_bytes(&mut source).map_err(fail)?;
        let kind = Compression::of_magic(&magic);
        let is_empty = magic.is_empty();
        let whole = BufReader::with_capacity(READ_BYTES, Cursor::new(magic).chain(source));
        let stream: Box<dyn Read + Send> = match kind {
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(whole)),
            Compression::Zstd => {
                Box::new(zstd::stream::read::Decoder::with_buffer(whole).map_err(fail)?)
            }
            // Even an empty file has some bytes when compressed, so this one was truncated.
            Compression::None if is_empty && (name.ends_with(".gz") || name.ends_with(".zst")) => {
                return Err(FileError::Truncated {
                    path: name,
                    offset: 0,
                });
            }
            Compression::None => Box::new(whole),
        };
        Ok(Input {
            stream,
            name,
            size,
            read,
        })
    }

    /// Bytes read from disk so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    fn of_magic(bytes: &[u8]) -> Compression {
        match bytes {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            // A frame, or a skippable frame.
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Compression::Zstd,
            _ => Compression::None,
        }
    }
}

fn first_bytes(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(4);
    source.take(4).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Counted<R> {
    source: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
