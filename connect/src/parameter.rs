//! Every parameter of libpq, its variable, and how it is handled.

/// How a parameter is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Support {
    /// It is applied.
    Used,
    /// It is accepted without effect: it concerns a feature that does not exist here (GSSAPI, compression), or libpq ignores
    /// it as well.
    Ignored,
    /// It must not be ignored; the text says what to do instead.
    Refused(&'static str),
}

/// A parameter of libpq.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) variable: Option<&'static str>,
    pub(crate) support: Support,
}

const fn used(name: &'static str, variable: &'static str) -> Parameter {
    Parameter {
        name,
        variable: Some(variable),
        support: Support::Used,
    }
}

const fn string_only(name: &'static str, support: Support) -> Parameter {
    Parameter {
        name,
        variable: None,
        support,
    }
}

const fn ignored(name: &'static str, variable: &'static str) -> Parameter {
    Parameter {
        name,
        variable: Some(variable),
        support: Support::Ignored,
    }
}

const fn refused(name: &'static str, variable: &'static str, instead: &'static str) -> Parameter {
    Parameter {
        name,
        variable: Some(variable),
        support: Support::Refused(instead),
    }
}

/// All parameters up to libpq 18.
pub(crate) const PARAMETERS: &[Parameter] = &[
    used("service", "PGSERVICE"),
    used("servicefile", "PGSERVICEFILE"),
    used("user", "PGUSER"),
    used("password", "PGPASSWORD"),
    used("passfile", "PGPASSFILE"),
    used("dbname", "PGDATABASE"),
    used("host", "PGHOST"),
    used("hostaddr", "PGHOSTADDR"),
    used("port", "PGPORT"),
    used("options", "PGOPTIONS"),
    used("application_name", "PGAPPNAME"),
    string_only("fallback_application_name", Support::Used),
    used("connect_timeout", "PGCONNECT_TIMEOUT"),
    string_only("keepalives", Support::Used),
    string_only("keepalives_idle", Support::Used),
    string_only("keepalives_interval", Support::Used),
    string_only("keepalives_count", Support::Used),
    string_only("tcp_user_timeout", Support::Used),
    used("target_session_attrs", "PGTARGETSESSIONATTRS"),
    used("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    used("channel_binding", "PGCHANNELBINDING"),
    used("sslmode", "PGSSLMODE"),
    used("sslnegotiation", "PGSSLNEGOTIATION"),
    used("sslrootcert", "PGSSLROOTCERT"),
    used("sslcert", "PGSSLCERT"),
    used("sslkey", "PGSSLKEY"),
    used("sslcertmode", "PGSSLCERTMODE"),
    used("sslcrl", "PGSSLCRL"),
    used("sslsni", "PGSSLSNI"),
    used("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    used("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    used("gssencmode", "PGGSSENCMODE"),
    string_only("client_encoding", Support::Used),
    refused(
        "sslcrldir",
        "PGSSLCRLDIR",
        "put the revocation lists into one file and name it with sslcrl",
    ),
    string_only(
        "sslpassword",
        Support::Refused("keep the client's key unencrypted, readable by its owner alone"),
    ),
    refused(
        "requirepeer",
        "PGREQUIREPEER",
        "leave it out, or connect by TCP with sslmode=verify-full",
    ),
    refused(
        "require_auth",
        "PGREQUIREAUTH",
        "leave it out, or use channel_binding=require with sslmode=require",
    ),
    string_only(
        "replication",
        Support::Refused("leave it out: replication connections are not supported"),
    ),
    string_only(
        "scram_client_key",
        Support::Refused("give the password instead"),
    ),
    string_only(
        "scram_server_key",
        Support::Refused("give the password instead"),
    ),
    string_only(
        "oauth_issuer",
        Support::Refused("OAuth is not built in; use a password or a client certificate"),
    ),
    string_only(
        "oauth_client_id",
        Support::Refused("OAuth is not built in; use a password or a client certificate"),
    ),
    string_only(
        "oauth_client_secret",
        Support::Refused("OAuth is not built in; use a password or a client certificate"),
    ),
    string_only(
        "oauth_scope",
        Support::Refused("OAuth is not built in; use a password or a client certificate"),
    ),
    ignored("krbsrvname", "PGKRBSRVNAME"),
    ignored("gsslib", "PGGSSLIB"),
    ignored("gssdelegation", "PGGSSDELEGATION"),
    ignored("sslcompression", "PGSSLCOMPRESSION"),
    ignored("min_protocol_version", "PGMINPROTOCOLVERSION"),
    ignored("max_protocol_version", "PGMAXPROTOCOLVERSION"),
    string_only("sslkeylogfile", Support::Ignored),
    string_only("authtype", Support::Ignored),
    string_only("tty", Support::Ignored),
];

/// Names in other programs.
const ALIASES: [(&str, &str); 12] = [
    ("database", "dbname"),
    ("db", "dbname"),
    ("username", "user"),
    ("hostname", "host"),
    ("server", "host"),
    ("passwd", "password"),
    ("pwd", "password"),
    ("pass", "password"),
    ("timeout", "connect_timeout"),
    ("keepalivesretries", "keepalives_count"),
    ("sslca", "sslrootcert"),
    ("ssl", "sslmode"),
];

/// The parameter with this name.
pub(crate) fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}

/// The parameter that an unknown name probably means.
pub(crate) fn suggestion(name: &str) -> Option<&'static str> {
    let plain = |name: &str| -> String {
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect()
    };
    let wanted = plain(name);
    let alias = ALIASES.iter().find(|(alias, _)| *alias == wanted);
    alias.map(|(_, name)| *name).or_else(|| {
        let like = PARAMETERS
            .iter()
            .find(|parameter| plain(parameter.name) == wanted);
        like.map(|parameter| parameter.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_is_listed_once() {
        for (at, parameter) in PARAMETERS.iter().enumerate() {
            let before = &PARAMETERS[..at];
            assert!(
                before.iter().all(|other| other.name != parameter.name),
                "{parameter:?}"
            );
            assert!(
                parameter.variable.is_none()
                    || before
                        .iter()
                        .all(|other| other.variable != parameter.variable),
                "{parameter:?}"
            );
        }
        for (_, name) in ALIASES {
            assert!(find(name).is_some(), "{name}");
        }
    }

    #[test]
    fn names_of_other_programs_suggest_those_of_libpq() {
        assert_eq!(suggestion("ssl-mode"), Some("sslmode"));
        assert_eq!(suggestion("ApplicationName"), Some("application_name"));
        assert_eq!(suggestion("database"), Some("dbname"));
        assert_eq!(suggestion("pool_size"), None);
    }
}
