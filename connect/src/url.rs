//! Parses URLs such as `postgresql://ana:secret@db.example:5432/music?sslmode=require`, as libpq does.

use crate::error::SettingError;

/// The part after the scheme, if the text is such a URL.
pub(crate) fn after_scheme(text: &str) -> Option<&str> {
    ["postgresql://", "postgres://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
}

/// The parameters of a URL, which is given without its scheme.
///
/// # Errors
/// [`SettingError::Syntax`]; it quotes nothing that could be part of a password.
pub(crate) fn parse(rest: &str) -> Result<Vec<(String, String)>, SettingError> {
    let mut pairs = Vec::new();
    let mut add = |key: &str, value: String| pairs.push((key.to_owned(), value));
    // As in libpq, a password may contain a ?, but neither / nor @.
    let authority = &rest[..rest.find('/').unwrap_or(rest.len())];
    let rest = match authority.split_once('@') {
        Some((user_info, _)) => {
            let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
            if !user.is_empty() {
                add("user", decoded(user, "the user")?);
            }
            if !password.is_empty() {
                add("password", decoded(password, "the password")?);
            }
            &rest[user_info.len() + 1..]
        }
        None => rest,
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let (servers, database) = match rest.split_once('/') {
        Some((servers, database)) => (servers, Some(database)),
        None => (rest, None),
    };
    // Otherwise a part of the password would appear in messages, as the name of a host or database.
    if servers.contains('@') || database.is_some_and(|database| database.contains('@')) {
        return Err(syntax(
            "it holds more than one @, or one after a /; in a user or password write @ as %40, / as %2F and : as %3A",
        ));
    }
    let (hosts, ports) = parse_servers(servers)?;
    if !hosts.is_empty() {
        add("host", hosts);
    }
    if !ports.is_empty() {
        add("port", ports);
    }
    if let Some(database) = database.filter(|database| !database.is_empty()) {
        add("dbname", decoded(database, "the database's name")?);
    }
    for (place, parameter) in query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .enumerate()
    {
        // A ? or & at the end.
        if parameter.is_empty() {
            continue;
        }
        let what = format!("query parameter {}", place + 1);
        let Some((key, value)) = parameter
            .split_once('=')
            .filter(|(_, value)| !value.contains('='))
        else {
            return Err(syntax(&format!(
                "{what} is not key=value; write a = within a value as %3D"
            )));
        };
        match (decoded(key, &what)?.as_str(), decoded(value, &what)?) {
            // As in JDBC.
            ("ssl", value) if value == "true" => add("sslmode", "require".to_owned()),
            (key, value) => add(key, value),
        }
    }
    Ok(pairs)
}

/// Lists of hosts and ports, in the notation of the parameters `host` and `port`.
fn parse_servers(servers: &str) -> Result<(String, String), SettingError> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for server in servers.split(',') {
        let (host, port) = match server.strip_prefix('[') {
            Some(bracketed) => {
                let (host, rest) = bracketed.split_once(']').ok_or_else(|| {
                    syntax("an IPv6 address lacks its closing ]; write [::1]:5432")
                })?;
                match rest.strip_prefix(':') {
                    Some(port) => (host, port),
                    None if rest.is_empty() => (host, ""),
                    None => {
                        return Err(syntax(
                            "after an IPv6 address only :PORT may follow; write [::1]:5432",
                        ));
                    }
                }
            }
            None => server.split_once(':').unwrap_or((server, "")),
        };
        hosts.push(decoded(host, "the host")?);
        ports.push(decoded(port, "the port")?);
    }
    // An empty list leaves the parameter unset, so that its variable applies.
    let joined = |list: Vec<String>| {
        let has_some = list.iter().any(|entry| !entry.is_empty());
        if has_some {
            list.join(",")
        } else {
            String::new()
        }
    };
    Ok((joined(hosts), joined(ports)))
}

fn syntax(problem: &str) -> SettingError {
    SettingError::Syntax {
        problem: problem.to_owned(),
    }
}

/// Decodes percent-encoding.
fn decoded(text: &str, what: &str) -> Result<String, SettingError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        let digit = |at: usize| {
            tail.get(at)
                .and_then(|digit| char::from(*digit).to_digit(16))
        };
        match (digit(0), digit(1)) {
            (Some(high), Some(low)) if high + low > 0 => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                return Err(syntax(&format!(
                    "{what} has a % that is not followed by two hexadecimal digits other than 00; write a % as %25"
                )));
            }
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| syntax(&format!("{what} is not UTF-8 once %XX is decoded")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        let pairs = parse(after_scheme(url).unwrap()).unwrap();
        pairs
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn all_parts_of_a_url_are_parsed() {
        for (url, pairs) in [
            (
                "postgresql://ana:s3cret@db.example:6000/music?sslmode=require&application_name=a%20b",
                "user=ana password=s3cret host=db.example port=6000 dbname=music sslmode=require application_name=a b",
            ),
            ("postgres://db.example", "host=db.example"),
            ("postgresql://", ""),
            ("postgresql:///music", "dbname=music"),
            (
                "postgresql://ana@/music?host=/run/pg",
                "user=ana dbname=music host=/run/pg",
            ),
            (
                "postgresql://%2Frun%2Fpg/music",
                "host=/run/pg dbname=music",
            ),
            ("postgresql://[::1]:6000/d", "host=::1 port=6000 dbname=d"),
            ("postgresql://[::1]/d", "host=::1 dbname=d"),
            (
                "postgresql://a,b:6000,c/d",
                "host=a,b,c port=,6000, dbname=d",
            ),
            ("postgresql://a:1,b:2?", "host=a,b port=1,2"),
            ("postgresql://h/?user=a@b", "host=h user=a@b"),
            (
                "postgresql://u:p%40%2F%3A%25@h",
                "user=u password=p@/:% host=h",
            ),
            ("postgresql://u:p?q:r@h", "user=u password=p?q:r host=h"),
            ("postgresql://h/?ssl=true", "host=h sslmode=require"),
            ("postgresql://h:/d", "host=h dbname=d"),
        ] {
            assert_eq!(shown(url), pairs, "{url}");
        }
    }

    #[test]
    fn errors_do_not_quote_the_password() {
        for (url, words) in [
            ("postgresql://u:s3@cret@h/d", "write @ as %40"),
            ("postgresql://u:12/s3cret@h/d", "write @ as %40"),
            ("postgresql://u:s3cret%@h/d", "the password has a %"),
            ("postgresql://u:s3cret%00@h/d", "the password has a %"),
            ("postgresql://u:s3cret%ff@h/d", "the password is not UTF-8"),
            ("postgresql://[::1/d", "closing ]"),
            ("postgresql://[::1]6000/d", "only :PORT may follow"),
            (
                "postgresql://h/d?sslmode",
                "query parameter 1 is not key=value",
            ),
            (
                "postgresql://h/d?a=b&c=d=e",
                "query parameter 2 is not key=value",
            ),
        ] {
            let error = parse(after_scheme(url).unwrap()).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("cret"), "{error}");
        }
    }
}
