//! Splits CSV records into fields (RFC 4180; a quote inside an unquoted field is an ordinary character).

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// The range of a field's value in its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    start: usize,
    end: usize,
    /// Whether quotes inside are doubled.
    doubled: bool,
}

impl Field {
    /// The value of the field. `record` is the record from which it was split.
    pub(super) fn value<'a>(&self, record: &'a str) -> Cow<'a, str> {
        let text = &record[self.start..self.end];
        if self.doubled {
            Cow::Owned(text.replace("\"\"", "\""))
        } else {
            Cow::Borrowed(text)
        }
    }
}

/// The result of a scan from the start of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    /// The record's content has `length` bytes; the next record starts after `next`.
    Record { length: usize, next: usize },
    /// The record continues beyond the given bytes.
    Incomplete,
    /// The quoting is broken.
    Broken(&'static str),
}

/// Splits a line in which no field begins with a quote.
pub(super) fn split_plain(line: &[u8], fields: &mut Vec<Field>) {
    fields.clear();
    let mut start = 0;
    for comma in memchr::memchr_iter(b',', line) {
        fields.push(Field {
            start,
            end: comma,
            doubled: false,
        });
        start = comma + 1;
    }
    fields.push(Field {
        start,
        end: line.len(),
        doubled: false,
    });
}

/// Splits the record at the start of `bytes`, which may span lines. `at_end`: the input ends with `bytes`.
pub(super) fn split_quoted(bytes: &[u8], at_end: bool, fields: &mut Vec<Field>) -> Scan {
    fields.clear();
    let mut start = 0;
    loop {
        let end = if bytes.get(start) == Some(&b'"') {
            let Some((close, doubled)) = closing_quote(bytes, start + 1) else {
                return if at_end {
                    Scan::Broken("a quoted field is not closed")
                } else {
                    Scan::Incomplete
                };
            };
            fields.push(Field {
                start: start + 1,
                end: close,
                doubled,
            });
            close + 1
        } else {
            let end =
                memchr2(b',', b'\n', &bytes[start..]).map_or(bytes.len(), |length| start + length);
            let is_last = bytes.get(end) != Some(&b',');
            let value_end = if is_last && end > start && bytes[end - 1] == b'\r' {
                end - 1
            } else {
                end
            };
            fields.push(Field {
                start,
                end: value_end,
                doubled: false,
            });
            value_end
        };
        match &bytes[end..] {
            [b',', ..] => start = end + 1,
            [b'\n', ..] => {
                return Scan::Record {
                    length: end,
                    next: end + 1,
                };
            }
            [b'\r', b'\n', ..] => {
                return Scan::Record {
                    length: end,
                    next: end + 2,
                };
            }
            [] | [b'\r'] if !at_end => return Scan::Incomplete,
            [] => {
                return Scan::Record {
                    length: end,
                    next: end,
                };
            }
            [b'\r'] => {
                return Scan::Record {
                    length: end,
                    next: end + 1,
                };
            }
            _ => return Scan::Broken("text follows a closing quote"),
        }
    }
}

/// The closing quote of a field whose content starts at `from`, and whether quotes are doubled in it. A quote at the end of
/// `bytes` counts as closing: if more bytes may follow, the caller finds the record incomplete in any case.
fn closing_quote(bytes: &[u8], from: usize) -> Option<(usize, bool)> {
    let mut search = from;
    let mut doubled = false;
    loop {
        let quote = search + memchr(b'"', &bytes[search..])?;
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some((quote, doubled));
        }
        doubled = true;
        search = quote + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_may_end_anywhere_in_a_record() {
        let record = |length, next| Scan::Record { length, next };
        for (bytes, before_the_end, at_the_end) in [
            ("", Scan::Incomplete, record(0, 0)),
            ("\n", record(0, 1), record(0, 1)),
            ("\"a\"", Scan::Incomplete, record(3, 3)),
            ("\"a\"\r", Scan::Incomplete, record(3, 4)),
            ("\"a\",b", Scan::Incomplete, record(5, 5)),
            ("\"a\",b\r", Scan::Incomplete, record(5, 6)),
            ("\"a\",", Scan::Incomplete, record(4, 4)),
            ("\"a\"\nb", record(3, 4), record(3, 4)),
            ("\"a\",b\r\n\"", record(5, 7), record(5, 7)),
            (
                "\"a,\n",
                Scan::Incomplete,
                Scan::Broken("a quoted field is not closed"),
            ),
            (
                "\"a\"b\n",
                Scan::Broken("text follows a closing quote"),
                Scan::Broken("text follows a closing quote"),
            ),
        ] {
            for (at_end, expected) in [(false, before_the_end), (true, at_the_end)] {
                let found = split_quoted(bytes.as_bytes(), at_end, &mut Vec::new());
                assert_eq!(found, expected, "{bytes:?}, at the end: {at_end}");
            }
        }
    }
}
