//! `~/.pgpass`, as libpq reads it.

use std::{env, fs, path::PathBuf};

/// Where the file is: `PGPASSFILE`, else `~/.pgpass`.
pub fn path() -> Option<PathBuf> {
    match env::var_os("PGPASSFILE") {
        Some(path) if !path.is_empty() => Some(path.into()),
        _ => Some(PathBuf::from(env::var_os("HOME")?).join(".pgpass")),
    }
}

/// The password for a connection, if the file has one. A file that others may read is not used, as in libpq.
pub fn lookup(host: &str, port: u16, database: &str, user: &str) -> Option<String> {
    let path = path()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(&path).ok()?.permissions().mode() & 0o077 != 0 {
            eprintln!(
                "warning: {} is not used: others may read it (chmod 600 mends that)",
                path.display()
            );
            return None;
        }
    }
    find(&fs::read_to_string(path).ok()?, host, port, database, user)
}

fn find(file: &str, host: &str, port: u16, database: &str, user: &str) -> Option<String> {
    let port = port.to_string();
    file.lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let fields = split(line);
            let [h, p, d, u, password] = fields.as_slice() else {
                return None;
            };
            let fits = |field: &str, value: &str| field == "*" || field == value;
            (fits(h, host) && fits(p, &port) && fits(d, database) && fits(u, user))
                .then(|| password.clone())
        })
}

/// Fields between colons; a backslash takes the next character as it is.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        let last = fields.len() - 1;
        match char {
            '\\' => fields[last].extend(chars.next()),
            ':' if fields.len() < 5 => fields.push(String::new()),
            char => fields[last].push(char),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# mine\n\
        db.example:5432:music:ana:first\n\
        *:*:*:ana:any\\:way\\\\\n\
        broken line\n\
        localhost:*:music:bob:with:colons";

    #[test]
    fn the_first_line_that_fits_counts() {
        let find = |host, port, database, user| find(FILE, host, port, database, user);
        assert_eq!(
            find("db.example", 5432, "music", "ana").as_deref(),
            Some("first")
        );
        assert_eq!(
            find("db.example", 5433, "music", "ana").as_deref(),
            Some("any:way\\")
        );
        assert_eq!(
            find("localhost", 1, "music", "bob").as_deref(),
            Some("with:colons")
        );
        assert_eq!(find("localhost", 1, "other", "bob"), None);
    }
}
