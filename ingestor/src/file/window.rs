//! The part of the content that is in memory, and the hash of the consumed part.

use std::io;
use std::ops::Range;

use super::FileError;
use super::input::Input;

const FIRST_BYTES: usize = 256 << 10;

/// A sliding window over the content. Consumed bytes stay readable until the next fill.
pub(super) struct Window {
    input: Input,
    buffer: Vec<u8>,
    /// Offset of `buffer[0]` in the content.
    base: u64,
    /// `buffer[..start]` is consumed, `buffer[start..end]` is not.
    start: usize,
    end: usize,
    /// `buffer[..hashed]` is in the hash; never past `start`.
    hashed: usize,
    hash: blake3::Hasher,
    at_end: bool,
    /// An error that is returned once the bytes before it are consumed.
    failure: Option<FileError>,
}

impl Window {
    pub(super) fn new(input: Input) -> Window {
        Window {
            input,
            buffer: vec![0; FIRST_BYTES],
            base: 0,
            start: 0,
            end: 0,
            hashed: 0,
            hash: blake3::Hasher::new(),
            at_end: false,
            failure: None,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.input.name
    }

    /// Bytes that were read from disk, and the size of the file (0 for a pipe).
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.input.bytes_read(), self.input.size)
    }

    /// The bytes in memory that are not consumed.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Consumes `count` bytes; the first `length` of them can be read with [`Window::taken`] until the next fill.
    pub(super) fn take(&mut self, length: usize, count: usize) -> Range<usize> {
        let range = self.start..self.start + length;
        self.consume(count);
        range
    }

    pub(super) fn taken(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// Whether the input ends with [`Window::bytes`]. Only set after a fill without new bytes.
    pub(super) fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// Offset of the first byte that is not consumed.
    pub(super) fn position(&self) -> u64 {
        self.base + self.start as u64
    }

    pub(super) fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.end - self.start);
        self.start += count;
    }

    /// Hash of all bytes before [`Window::position`].
    pub(super) fn checksum(&mut self) -> [u8; 32] {
        self.hash_consumed();
        *self.hash.finalize().as_bytes()
    }

    fn hash_consumed(&mut self) {
        self.hash.update(&self.buffer[self.hashed..self.start]);
        self.hashed = self.start;
    }

    /// Reads more bytes; false at the end.
    ///
    /// # Errors
    /// The input cannot be read further. The window keeps its content.
    pub(super) fn fill(&mut self) -> Result<bool, FileError> {
        if self.at_end {
            return Ok(false);
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        self.make_room();
        loop {
            match self.input.stream.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.at_end = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failure(error)),
            }
        }
    }

    /// Fills until there are at least `count` bytes or the input ends.
    pub(super) fn fill_to(&mut self, count: usize) -> Result<(), FileError> {
        while self.end - self.start < count && self.fill()? {}
        Ok(())
    }

    /// Like [`Window::fill_to`], but an error is returned only once the bytes before it are consumed.
    pub(super) fn prefill_to(&mut self, count: usize) {
        self.failure = self.fill_to(count).err();
    }

    fn make_room(&mut self) {
        if self.start > 0 {
            self.hash_consumed();
            self.buffer.copy_within(self.start..self.end, 0);
            self.base += self.start as u64;
            self.end -= self.start;
            (self.start, self.hashed) = (0, 0);
        }
        if self.end * 2 > self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        } else if self.end == 0 && self.buffer.len() > FIRST_BYTES {
            self.buffer.truncate(FIRST_BYTES);
            self.buffer.shrink_to_fit();
        }
    }

    fn failure(&self, source: io::Error) -> FileError {
        let path = self.input.name.clone();
        let offset = self.base + self.end as u64;
        match source.kind() {
            io::ErrorKind::UnexpectedEof => FileError::Truncated { path, offset },
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                FileError::Damaged {
                    path,
                    offset,
                    source,
                }
            }
            _ => FileError::Read {
                path,
                offset,
                source,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// Endless bytes, at most this many per read.
    struct Pieces(usize);

    impl io::Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.min(buffer.len());
            buffer[..count].fill(b'x');
            Ok(count)
        }
    }

    /// Fails with this kind.
    struct Fails(io::ErrorKind);

    impl io::Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
    }

    /// The first read is interrupted.
    struct Interrupted(bool);

    impl io::Read for Interrupted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if !std::mem::replace(&mut self.0, true) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            buffer[0] = b'x';
            Ok(1)
        }
    }

    fn window_over(stream: impl io::Read + Send + 'static) -> Window {
        let mut input = Input::over(Box::new(io::empty()), "x".to_owned(), 0).expect("opens");
        input.stream = Box::new(stream);
        Window::new(input)
    }

    #[test]
    fn the_buffer_grows_with_the_record_and_shrinks_once_it_is_empty() {
        let half = FIRST_BYTES / 2;
        let mut window = window_over(Pieces(half));
        for factor in [1, 1, 2, 4, 4] {
            assert!(window.fill().expect("reads"));
            assert_eq!(window.buffer.len(), factor * FIRST_BYTES);
        }
        window.consume(5 * half);
        assert!(window.fill().expect("reads"));
        assert_eq!(window.buffer.len(), FIRST_BYTES);
        assert_eq!(window.position(), 5 * half as u64);
    }

    #[test]
    fn fill_to_counts_the_bytes_that_are_not_consumed() {
        let mut window = window_over(Pieces(1));
        window.fill_to(5).expect("reads");
        window.consume(5);
        window.fill_to(2).expect("reads");
        assert_eq!((window.position(), window.bytes().len()), (5, 2));
    }

    #[test]
    fn an_interrupted_read_is_repeated() {
        let mut window = window_over(Interrupted(false));
        assert!(window.fill().expect("reads"));
        assert_eq!(window.bytes(), b"x");
    }

    #[test]
    fn an_error_has_its_kind_and_the_number_of_bytes_before_it() {
        for (kind, expected) in [
            (io::ErrorKind::UnexpectedEof, "truncated"),
            (io::ErrorKind::InvalidData, "damaged"),
            (io::ErrorKind::InvalidInput, "damaged"),
            (io::ErrorKind::Other, "damaged"),
            (io::ErrorKind::PermissionDenied, "unreadable"),
        ] {
            let mut window = window_over(io::Cursor::new(vec![b'x'; 10]).chain(Fails(kind)));
            window.fill_to(10).expect("reads");
            window.consume(4);
            let error = window.fill().expect_err("fails");
            let found = match &error {
                FileError::Truncated { offset, .. } => ("truncated", *offset),
                FileError::Damaged { offset, .. } => ("damaged", *offset),
                FileError::Read { offset, .. } => ("unreadable", *offset),
                _ => ("another error", 0),
            };
            assert_eq!(found, (expected, 10), "{error}");
        }
    }
}
