//! Finds physical lines in the window.

use memchr::{memchr, memchr_iter};

use super::FileError;
use super::window::Window;

/// The line at the window's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The line's content has `length` bytes; the next line starts after `next`.
    Whole { length: usize, next: usize },
    /// The line is longer than the limit.
    TooLong,
}

/// Finds the line at the window's position, without consuming it.
pub(super) fn find(window: &mut Window, limit: usize) -> Result<Line, FileError> {
    let mut searched = 0;
    loop {
        let bytes = window.bytes();
        let (end, next) = match memchr(b'\n', &bytes[searched..]) {
            Some(found) => (searched + found, searched + found + 1),
            None if window.is_at_end() => (bytes.len(), bytes.len()),
            None if bytes.len() > limit + 1 => return Ok(Line::TooLong),
            None => {
                searched = bytes.len();
                window.fill()?;
                continue;
            }
        };
        let length = if end > 0 && bytes[end - 1] == b'\r' {
            end - 1
        } else {
            end
        };
        return Ok(if length > limit {
            Line::TooLong
        } else {
            Line::Whole { length, next }
        });
    }
}

/// Consumes the rest of the line without keeping it in memory.
pub(super) fn skip(window: &mut Window) -> Result<(), FileError> {
    loop {
        match memchr(b'\n', window.bytes()) {
            Some(found) => {
                window.consume(found + 1);
                return Ok(());
            }
            None => {
                window.consume(window.bytes().len());
                if !window.fill()? {
                    return Ok(());
                }
            }
        }
    }
}

pub(super) fn count_newlines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::tests::window_over;

    #[test]
    fn a_line_may_have_as_many_bytes_as_the_limit_without_its_line_end() {
        for step in [1, 100] {
            for end in ["", "\n", "\r\n"] {
                for length in [1, 9, 10, 11] {
                    let text = "x".repeat(length) + end;
                    let expected = if length > 10 {
                        Line::TooLong
                    } else {
                        let next = text.len();
                        Line::Whole { length, next }
                    };
                    let line = find(&mut window_over(text.as_bytes(), step), 10).expect("reads");
                    assert_eq!(line, expected, "{text:?}, {step} bytes at a time");
                }
            }
        }
        let empty = find(&mut window_over(b"\nx", 1), 10).expect("reads");
        assert_eq!(empty, Line::Whole { length: 0, next: 1 });
    }

    #[test]
    fn a_line_that_is_too_long_is_not_kept_in_memory() {
        let text = "x".repeat(10_000) + "\ny";
        let mut window = window_over(text.as_bytes(), 100);
        assert_eq!(find(&mut window, 10).expect("reads"), Line::TooLong);
        assert!(window.bytes().len() < 1_000);
        skip(&mut window).expect("reads");
        assert_eq!(window.position(), 10_001);
    }
}
