//! `~/.pgpass`: passwords by host, port, database and user, as libpq reads them.

/// The password for a connection, by the first line that matches.
pub(super) fn find(
    content: &str,
    host: &str,
    port: u16,
    database: &str,
    user: &str,
) -> Option<String> {
    let port = port.to_string();
    content
        .lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let fields = split(line);
            let [for_host, for_port, for_database, for_user, password] = fields.as_slice() else {
                return None;
            };
            let matches = [
                (for_host, host),
                (for_port, &*port),
                (for_database, database),
                (for_user, user),
            ]
            .into_iter()
            .all(|(pattern, value)| pattern == "*" || pattern == value);
            matches.then(|| password.clone())
        })
}

/// Five fields between colons; a backslash takes the next character as it is.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => fields
                .last_mut()
                .into_iter()
                .for_each(|field| field.extend(characters.next())),
            // A password may hold colons: it is the rest of the line.
            ':' if fields.len() < 5 => fields.push(String::new()),
            _ => fields
                .last_mut()
                .into_iter()
                .for_each(|field| field.push(character)),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# host:port:database:user:password\n\
        db.example:5432:music:ann:first\n\
        db.example:*:*:*:se\\:co:nd\n\
        broken line\n\
        *:*:music:bob:third";

    #[test]
    fn first_match_counts() {
        assert_eq!(
            find(FILE, "db.example", 5432, "music", "ann").as_deref(),
            Some("first")
        );
        assert_eq!(
            find(FILE, "db.example", 5433, "music", "ann").as_deref(),
            Some("se:co:nd")
        );
        assert_eq!(
            find(FILE, "other", 1, "music", "bob").as_deref(),
            Some("third")
        );
        assert_eq!(find(FILE, "other", 1, "music", "ann"), None);
    }
}
