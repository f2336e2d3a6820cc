//! A pull scanner for JSON text (RFC 8259), which builds only the requested values.

use std::borrow::Cow;

/// Deepest nesting of objects and arrays, including the outermost: the limit of `serde_json`.
const MAX_DEPTH: usize = 127;

/// A value of a known field.
#[derive(Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Text(Cow<'a, str>),
    /// The digits as they are written, with a leading `-` if there is one.
    Integer(&'a str),
    /// A boolean, a number with a fraction or exponent, an object or an array.
    Other,
}

/// Malformed JSON: what is wrong, and at which byte.
#[derive(Debug)]
pub(super) struct Malformed {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

pub(super) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Scanner<'a> {
        Scanner {
            text,
            bytes: text.as_bytes(),
            at: 0,
        }
    }

    /// Enters the outermost object.
    pub(super) fn begin_object(&mut self) -> Result<(), Malformed> {
        match self.next_token() {
            Some(b'{') => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.malformed("not a JSON object")),
            None => Err(self.malformed("nothing but blanks")),
        }
    }

    /// The next key of the object, `None` at its end. The scanner is then before the value.
    #[inline]
    pub(super) fn next_key(&mut self, first: bool) -> Result<Option<Cow<'a, str>>, Malformed> {
        match self.next_token() {
            Some(b'}') => {
                self.at += 1;
                return Ok(None);
            }
            Some(b',') if !first => {
                self.at += 1;
                self.next_token();
            }
            _ if !first => return Err(self.malformed("expected a comma or a closing brace")),
            _ => {}
        }
        let key = self.string()?;
        self.colon()?;
        Ok(Some(key))
    }

    /// Checks that only blanks follow.
    pub(super) fn end(&mut self) -> Result<(), Malformed> {
        match self.next_token() {
            None => Ok(()),
            Some(_) => Err(self.malformed("something follows the object")),
        }
    }

    /// Reads a value of the outermost object.
    #[inline]
    pub(super) fn scalar(&mut self) -> Result<Scalar<'a>, Malformed> {
        match self.next_token() {
            Some(b'"') => self.string().map(Scalar::Text),
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                Ok(if self.number()? {
                    Scalar::Integer(&self.text[start..self.at])
                } else {
                    Scalar::Other
                })
            }
            Some(b'n') => self.word("null").map(|()| Scalar::Null),
            _ => self.skip_value().map(|()| Scalar::Other),
        }
    }

    /// Checks and skips a value of the outermost object, at any depth, without recursion.
    pub(super) fn skip_value(&mut self) -> Result<(), Malformed> {
        // Whether the container at each level is an object. Level 0 is the first container inside the outermost one.
        let mut is_object = [false; MAX_DEPTH];
        let mut depth = 0;
        loop {
            // A value is expected.
            let opened = match self.next_token() {
                Some(b'"') => {
                    self.skip_string()?;
                    false
                }
                Some(b'-' | b'0'..=b'9') => {
                    self.number()?;
                    false
                }
                Some(b't') => self.word("true").map(|()| false)?,
                Some(b'f') => self.word("false").map(|()| false)?,
                Some(b'n') => self.word("null").map(|()| false)?,
                Some(open @ (b'{' | b'[')) => {
                    if depth + 1 >= MAX_DEPTH {
                        return Err(self.malformed("nested too deeply"));
                    }
                    self.at += 1;
                    is_object[depth] = open == b'{';
                    depth += 1;
                    true
                }
                _ => return Err(self.malformed("expected a value")),
            };
            // Then the first member of the opened container, or the end of one.
            let mut after_value = !opened;
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let in_object = is_object[depth - 1];
                let close = if in_object { b'}' } else { b']' };
                match self.next_token() {
                    Some(byte) if byte == close => {
                        self.at += 1;
                        depth -= 1;
                        after_value = true;
                        continue;
                    }
                    Some(b',') if after_value => {
                        self.at += 1;
                        self.next_token();
                    }
                    _ if after_value => {
                        return Err(self.malformed("expected a comma or a closing bracket"));
                    }
                    _ => {}
                }
                if in_object {
                    self.skip_string()?;
                    self.colon()?;
                }
                break;
            }
        }
    }

    /// Skips blanks, and returns the byte after them without consuming it.
    #[inline]
    fn next_token(&mut self) -> Option<u8> {
        while let Some(&byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    fn colon(&mut self) -> Result<(), Malformed> {
        if self.next_token() != Some(b':') {
            return Err(self.malformed("expected a colon"));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &'static str) -> Result<(), Malformed> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.malformed("expected a value"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Skips a number, and returns whether it is an integer (no fraction, no exponent).
    fn number(&mut self) -> Result<bool, Malformed> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.malformed("invalid number")),
        }
        let mut is_integer = true;
        if self.peek() == Some(b'.') {
            is_integer = false;
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            is_integer = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(is_integer)
    }

    fn some_digits(&mut self) -> Result<(), Malformed> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.malformed("invalid number"));
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_string(&mut self) -> Result<(), Malformed> {
        self.string().map(drop)
    }

    /// Reads a string, which is borrowed unless it contains an escape.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        if self.peek() != Some(b'"') {
            return Err(self.malformed("expected a string"));
        }
        self.at += 1;
        let start = self.at;
        self.plain();
        if self.peek() == Some(b'"') {
            let text = &self.text[start..self.at];
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        self.unescaped(start).map(Cow::Owned)
    }

    /// Reads the rest of a string that begins at `start` and contains an escape or an invalid byte.
    #[cold]
    fn unescaped(&mut self, start: usize) -> Result<String, Malformed> {
        let mut text = String::from(&self.text[start..self.at]);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                Some(_) => return Err(self.malformed("control character in a string")),
                None => return Err(self.malformed("unfinished string")),
            }
            let start = self.at;
            self.plain();
            text.push_str(&self.text[start..self.at]);
        }
    }

    /// Skips the plain bytes of a string. It stops only at ASCII bytes, so that the skipped bytes are valid UTF-8.
    #[inline]
    fn plain(&mut self) {
        while let Some(word) = self.bytes[self.at..].first_chunk() {
            let stops = stops(u64::from_le_bytes(*word));
            if stops != 0 {
                self.at += (stops.trailing_zeros() / 8) as usize;
                return;
            }
            self.at += word.len();
        }
        while self.peek().is_some_and(|byte| !is_stop(byte)) {
            self.at += 1;
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        let Some(byte) = self.peek() else {
            return Err(self.malformed("unfinished string"));
        };
        let plain = match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.malformed("invalid escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, Malformed> {
        let first = self.four_hex()?;
        let code = match first {
            0xD800..=0xDBFF => {
                if !self.bytes[self.at..].starts_with(b"\\u") {
                    return Err(self.malformed("half of a surrogate pair"));
                }
                self.at += 2;
                let second = self.four_hex()?;
                if !(0xDC00..=0xDFFF).contains(&second) {
                    return Err(self.malformed("half of a surrogate pair"));
                }
                0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| self.malformed("half of a surrogate pair"))
    }

    fn four_hex(&mut self) -> Result<u32, Malformed> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.malformed("invalid escape"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn malformed(&self, what: &'static str) -> Malformed {
        Malformed { at: self.at, what }
    }
}

/// Whether a run of plain string bytes ends at this byte: a quote, a backslash or a control character.
const fn is_stop(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The same for eight bytes at once: the lowest bit that is set is the high bit of the first such byte.
///
/// Bits above it may be set wrongly, by the borrow of the subtraction.
const fn stops(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let is_below_blank = word.wrapping_sub(ONES * 0x20) & !word;
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    (is_below_blank | is_quote | is_backslash) & HIGH
}
