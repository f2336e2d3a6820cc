//! Parses connection strings such as `host=db.example user=ana`, as libpq does.

use std::iter::Peekable;
use std::str::Chars;

use crate::error::SettingError;

/// The pairs, in order.
///
/// # Errors
/// [`SettingError::Syntax`]; it names the pair by its number, because its text may be part of a password.
pub(crate) fn parse(text: &str) -> Result<Vec<(String, String)>, SettingError> {
    let mut rest = text.chars().peekable();
    let mut pairs = Vec::new();
    loop {
        skip_blanks(&mut rest);
        if rest.peek().is_none() {
            return Ok(pairs);
        }
        let place = pairs.len() + 1;
        let mut key = String::new();
        while let Some(letter) = rest.next_if(|letter| *letter != '=' && !is_blank(*letter)) {
            key.push(letter);
        }
        skip_blanks(&mut rest);
        if rest.next() != Some('=') {
            return Err(syntax(format!(
                "after parameter {place} a = is missing; write key=value pairs, and a value that holds blanks as 'a b', \
                 or write postgresql://user@host:5432/database"
            )));
        }
        skip_blanks(&mut rest);
        let value = if rest.next_if_eq(&'\'').is_some() {
            quoted(&mut rest).ok_or_else(|| {
                syntax(format!(
                    "the value of parameter {place} lacks its closing '; write ' within it as \\'"
                ))
            })?
        } else {
            unquoted(&mut rest)
        };
        pairs.push((key, value));
    }
}

fn syntax(problem: String) -> SettingError {
    SettingError::Syntax { problem }
}

/// The characters of C's `isspace`.
fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

fn skip_blanks(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|letter| is_blank(*letter)).is_some() {}
}

fn quoted(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut value = String::new();
    loop {
        match rest.next()? {
            '\'' => return Some(value),
            '\\' => value.push(rest.next()?),
            letter => value.push(letter),
        }
    }
}

fn unquoted(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut value = String::new();
    while let Some(letter) = rest.next_if(|letter| !is_blank(*letter)) {
        match letter {
            '\\' => value.extend(rest.next()),
            letter => value.push(letter),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn blanks_quotes_and_escapes_are_parsed() {
        assert_eq!(
            pairs(" host = h\tuser='a \\'b\\\\'  password=x\\ y "),
            [
                pair("host", "h"),
                pair("user", "a 'b\\"),
                pair("password", "x y")
            ]
        );
        assert_eq!(
            pairs("user='' dbname=d"),
            [pair("user", ""), pair("dbname", "d")]
        );
        assert_eq!(pairs("a='1'b='2'"), [pair("a", "1"), pair("b", "2")]);
        assert_eq!(
            pairs("user=ä password=="),
            [pair("user", "ä"), pair("password", "=")]
        );
        assert!(pairs(" ").is_empty());
    }

    #[test]
    fn errors_name_the_parameter_by_its_number() {
        for (text, words) in [
            ("host=h s3cret user=u", "after parameter 2 a = is missing"),
            ("host=h password='s3cret", "parameter 2 lacks its closing '"),
            (
                "host=h password='s3cret\\",
                "parameter 2 lacks its closing '",
            ),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(
                error.contains(words) && !error.contains("s3cret"),
                "{error}"
            );
        }
    }
}
