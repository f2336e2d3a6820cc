//! Reads `~/.pg_service.conf`, which lists connection parameters by service name, as libpq does.

/// Why a file has no parameters for a service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// The file does not have the service.
    NotThere,
    /// This line of the service, counted from 1, is invalid.
    Line(usize, &'static str),
}

/// The parameters of a service.
pub(crate) fn find(content: &str, service: &str) -> Result<Vec<(String, String)>, Unusable> {
    let mut found = None;
    for (at, line) in content.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            if found.is_some() {
                break;
            }
            if name == service {
                found = Some(Vec::new());
            }
            continue;
        }
        let Some(pairs) = &mut found else { continue };
        match line.split_once('=') {
            Some(("service" | "servicefile", _)) => {
                return Err(Unusable::Line(
                    at + 1,
                    "names another service; write its parameters out",
                ));
            }
            Some((key, value)) => pairs.push((key.trim().to_owned(), value.trim().to_owned())),
            None if line.starts_with("ldap") => {
                return Err(Unusable::Line(
                    at + 1,
                    "asks LDAP; write the parameters out",
                ));
            }
            None => return Err(Unusable::Line(at + 1, "is not key=value")),
        }
    }
    found.ok_or(Unusable::NotThere)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# services\n[music]\nhost=db.example\n# comment\n port=6000 \n\n[other]\nhost=h\n\
        [bad]\nhost\n[nested]\nservice=music\n[ldap]\nldap://x";

    #[test]
    fn a_service_ends_at_the_next_header() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            find(FILE, "music"),
            Ok(vec![pair("host", "db.example"), pair("port", "6000")])
        );
        assert_eq!(find(FILE, "other"), Ok(vec![pair("host", "h")]));
        assert_eq!(find(FILE, "none"), Err(Unusable::NotThere));
    }

    #[test]
    fn invalid_lines_are_reported_by_number() {
        assert_eq!(
            find(FILE, "bad"),
            Err(Unusable::Line(10, "is not key=value"))
        );
        assert!(matches!(find(FILE, "nested"), Err(Unusable::Line(12, _))));
        assert!(matches!(find(FILE, "ldap"), Err(Unusable::Line(14, _))));
    }
}
