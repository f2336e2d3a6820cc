//! Reads `~/.pgpass`, which maps host, port, database and user to a password, as libpq does.

use std::io::ErrorKind;
use std::path::Path;

use crate::error::Warning;

/// Reads the file; a missing file is empty.
///
/// # Errors
/// A warning: libpq would ignore the file.
pub(crate) fn read(path: &Path) -> Result<String, Warning> {
    let unreadable = |error: std::io::Error| Warning::Unreadable {
        path: path.to_owned(),
        problem: error.to_string(),
    };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(String::new());
        }
        Err(error) => return Err(unreadable(error)),
    };
    if !metadata.is_file() {
        return Err(Warning::NotAFile(path.to_owned()));
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        return Err(Warning::Exposed(path.to_owned()));
    }
    // Decoded lossily, so that a line in another encoding does not make the others unusable.
    let content = std::fs::read(path).map_err(unreadable)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

/// The password of the first line that matches; an empty password counts as none.
pub(crate) fn find(
    content: &str,
    host: &str,
    port: u16,
    database: &str,
    user: &str,
) -> Option<String> {
    let port = port.to_string();
    let first = content
        .lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let mut rest = line;
            for value in [host, &port, database, user] {
                let (pattern, tail) = split(rest)?;
                if pattern != "*" && unescaped(pattern) != value {
                    return None;
                }
                rest = tail;
            }
            Some(unescaped(rest))
        });
    first.filter(|password| !password.is_empty())
}

/// A field and what is after its colon.
fn split(line: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let end = line.find(|letter| {
        let is_end = letter == ':' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        is_end
    })?;
    Some((&line[..end], &line[end + 1..]))
}

/// A backslash takes the next character as it is.
fn unescaped(field: &str) -> String {
    let mut letters = field.chars();
    let mut plain = String::with_capacity(field.len());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            letter => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# host:port:database:user:password\n\
        db.example:5432:music:ana:first\r\n\
        db.example:*:*:*:se\\:co:nd\\\\\n\
        broken line\n\
        *:*:\\*:eve:of a database called *\n\
        *:*:music:cid:\n\
        *:*:music:cid:never reached\n\
        \\:\\:1:*:music:dan:six\n\
        *:*:music:bob:third";

    #[test]
    fn the_first_matching_line_is_used() {
        let find = |host, port, database, user| find(FILE, host, port, database, user);
        for (host, port, database, user, password) in [
            ("db.example", 5432, "music", "ana", Some("first")),
            ("db.example", 5433, "music", "ana", Some("se:co:nd\\")),
            ("other", 1, "music", "bob", Some("third")),
            ("other", 1, "music", "ana", None),
            ("other", 1, "music", "eve", None),
            ("other", 1, "*", "eve", Some("of a database called *")),
            ("other", 1, "music", "cid", None),
            ("::1", 1, "music", "dan", Some("six")),
        ] {
            assert_eq!(
                find(host, port, database, user).as_deref(),
                password,
                "{host} {user}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_ignored() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pass");
        assert_eq!(read(&path), Ok(String::new()));
        std::fs::write(&path, "*:*:*:*:s3cret\n").unwrap();
        for (mode, is_used) in [
            (0o644, false),
            (0o640, false),
            (0o620, false),
            (0o600, true),
            (0o400, true),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).is_ok(), is_used, "{mode:o}");
        }
        assert!(
            read(folder.path())
                .unwrap_err()
                .to_string()
                .contains("not a plain file")
        );
    }
}
