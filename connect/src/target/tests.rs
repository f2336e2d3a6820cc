use tokio_postgres::config::{Host as DriverHost, SslMode as DriverMode};

use super::*;
use crate::plan::Attempt;

fn target(text: &str, variables: &[(&str, &str)]) -> Result<Target, SettingError> {
    let environment = Environment::of_variables(variables.iter().copied()).with_user("system-user");
    Target::resolve(Some(text), &environment, "musicstream-test")
}

/// The configuration of the driver for the first attempt at the first server.
fn first_config(target: &Target) -> Config {
    Attempt::first(target, 0, target.endpoints[0].address).config(target)
}

fn config(text: &str, variables: &[(&str, &str)]) -> Config {
    first_config(&target(text, variables).unwrap())
}

fn error(text: &str, variables: &[(&str, &str)]) -> String {
    target(text, variables).unwrap_err().to_string()
}

#[test]
fn a_url_overrides_variables_and_its_password_is_not_shown() {
    let target = target(
        "postgresql://ana:s3cret@db.example:6000/music?sslmode=disable&application_name=x",
        &[
            ("PGHOST", "other"),
            ("PGUSER", "bob"),
            ("PGPASSWORD", "no"),
            ("PGSSLMODE", "require"),
        ],
    )
    .unwrap();
    assert_eq!(target.server(), "db.example:6000");
    assert_eq!((target.database(), target.user()), ("music", "ana"));
    let config = first_config(&target);
    assert_eq!(config.get_password(), Some(&b"s3cret"[..]));
    assert_eq!(config.get_application_name(), Some("x"));
    assert_eq!(config.get_ssl_mode(), DriverMode::Disable);
    let shown = format!("{target:?} {config:?}");
    assert!(
        shown.contains("db.example") && !shown.contains("s3cret"),
        "{shown}"
    );
}

#[test]
fn variables_set_what_the_string_leaves_out() {
    let target = target(
        "",
        &[
            ("PGHOST", "10.0.0.7"),
            ("PGPORT", "7000"),
            ("PGUSER", "ana"),
            ("PGPASSWORD", "p"),
            ("PGSSLMODE", "require"),
            ("PGOPTIONS", "-c work_mem=1MB"),
            ("PGAPPNAME", "x"),
            ("PGCONNECT_TIMEOUT", "3"),
        ],
    )
    .unwrap();
    assert_eq!(target.server(), "10.0.0.7:7000");
    assert_eq!(
        target.database(),
        "ana",
        "the database has the name of the user"
    );
    let config = first_config(&target);
    assert_eq!(config.get_password(), Some(&b"p"[..]));
    assert_eq!(config.get_ssl_mode(), DriverMode::Require);
    assert_eq!(config.get_options(), Some("-c work_mem=1MB"));
    assert_eq!(config.get_application_name(), Some("x"));
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(3)));
}

#[test]
fn key_value_strings_are_accepted() {
    let config = config("host=h dbname=d user=u password='a b' sslmode=require", &[]);
    assert_eq!(config.get_hosts(), [DriverHost::Tcp("h".into())]);
    assert_eq!(config.get_dbname(), Some("d"));
    assert_eq!(config.get_password(), Some(&b"a b"[..]));
}

#[test]
fn defaults_follow_libpq() {
    let config = config("", &[]);
    assert_eq!(config.get_user(), Some("system-user"));
    assert_eq!(config.get_dbname(), Some("system-user"));
    assert_eq!(config.get_application_name(), Some("musicstream-test"));
    assert_eq!(config.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
    assert_eq!(config.get_tcp_user_timeout(), Some(&TCP_USER_TIMEOUT));
    assert_eq!(config.get_keepalives_retries(), Some(KEEPALIVES_COUNT));
    let error = Target::resolve(None, &Environment::default(), "x").unwrap_err();
    assert!(error.to_string().contains("set PGUSER"), "{error}");
}

#[test]
fn time_limits_follow_libpq() {
    let timeout = |text: &str| config(text, &[]).get_connect_timeout().copied();
    assert_eq!(timeout("connect_timeout=1"), Some(Duration::from_secs(2)));
    assert_eq!(timeout("connect_timeout=0"), None);
    assert_eq!(timeout("connect_timeout=-1"), None);
    let config = config(
        "keepalives=0 keepalives_idle=7 keepalives_interval=8 keepalives_count=9 tcp_user_timeout=1500",
        &[],
    );
    assert!(!config.get_keepalives());
    assert_eq!(config.get_keepalives_idle(), Duration::from_secs(7));
    assert_eq!(
        config.get_keepalives_interval(),
        Some(Duration::from_secs(8))
    );
    assert_eq!(config.get_keepalives_retries(), Some(9));
    assert_eq!(
        config.get_tcp_user_timeout(),
        Some(&Duration::from_millis(1500))
    );
}

#[test]
fn several_hosts_are_listed_in_order() {
    let target = target(
        "postgresql://u@a:1,[::1]:2,c/d?target_session_attrs=prefer-standby&load_balance_hosts=random",
        &[("PGTARGETSESSIONATTRS", "any")],
    )
    .unwrap();
    assert_eq!(target.server(), "a:1,[::1]:2,c:5432");
    assert_eq!(target.session, SessionKind::PreferStandby);
    assert!(target.is_balanced);
    assert_eq!(target.endpoints.len(), 3);
}

#[test]
fn sockets_need_no_tls() {
    let target = target("host=/run/pg user=ana sslmode=verify-full", &[]).unwrap();
    assert_eq!(target.server(), "/run/pg:5432");
    let config = first_config(&target);
    assert_eq!(config.get_hosts(), [DriverHost::Unix("/run/pg".into())]);
    assert_eq!(config.get_ssl_mode(), DriverMode::Disable);
    assert!(target.connector().is_ok());
}

#[test]
fn errors_name_the_setting_and_the_valid_values() {
    for (text, variables, words) in [
        (
            "host=h sslmode=sometimes",
            &[][..],
            "sslmode in the connection string is not understood: write disable, allow",
        ),
        (
            "",
            &[("PGSSLMODE", "x")],
            "PGSSLMODE is not understood: write disable, allow, prefer",
        ),
        (
            "",
            &[("PGPORT", "x")],
            "PGPORT is not understood: write a number from 1 to 65535",
        ),
        (
            "",
            &[("PGCONNECT_TIMEOUT", "soon")],
            "PGCONNECT_TIMEOUT is not understood: write a number of seconds",
        ),
        ("target_session_attrs=master", &[], "write any, read-write"),
        (
            "channel_binding=yes",
            &[],
            "channel_binding in the connection string",
        ),
        (
            "client_encoding=latin1",
            &[],
            "client_encoding in the connection string is not supported",
        ),
        (
            "gssencmode=require",
            &[],
            "gssencmode in the connection string is not supported",
        ),
    ] {
        let error = error(text, variables);
        assert!(error.contains(words), "{error}");
    }
    assert!(target("client_encoding=UTF-8 gssencmode=prefer", &[]).is_ok());
}

#[test]
fn no_error_shows_the_password() {
    for text in [
        "postgresql://ana:s3cret@h:notaport/d",
        "postgresql://ana:s3cret@h/d?sslmode=sometimes",
        "postgresql://ana:s3@cret@h/d",
        "postgresql://ana:s3/cret@h/d",
        "mysql://ana:s3cret@h/d",
        "host=h password=a s3cret user=u",
        "password=a s3cret=b",
    ] {
        let error = error(text, &[]);
        assert!(!error.contains("cret") && !error.contains("s3"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn passwords_from_the_file_are_chosen_by_host() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".pgpass");
    std::fs::write(
        &file,
        "a:5432:d:u:of a\nlocalhost:*:*:u:of this machine\n/run/pg:*:*:u:of the socket\n",
    )
    .unwrap();
    let set_mode =
        |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o600);
    let environment = Environment::of_variables([("PGUSER", "u")])
        .with_home(home.path())
        .with_socket_folder("/run/usual");
    let resolve = |text: &str| Target::resolve(Some(text), &environment, "x").unwrap();
    let passwords = |text: &str| -> Vec<Option<String>> { resolve(text).passwords };
    assert_eq!(
        passwords("host=a,b,localhost,/run/pg,/run/usual,/run/other dbname=d"),
        [
            Some("of a".to_owned()),
            None,
            Some("of this machine".to_owned()),
            Some("of the socket".to_owned()),
            Some("of this machine".to_owned()),
            None,
        ]
    );
    assert_eq!(
        passwords("host=a dbname=d password=given"),
        [Some("given".to_owned())]
    );
    assert_eq!(passwords("host=a dbname=other"), [None]);
    set_mode(0o644);
    let target = resolve("host=a dbname=d");
    assert_eq!(target.passwords, [None]);
    assert!(target.warnings()[0].to_string().contains("chmod 600"));
    assert!(
        resolve("host=a dbname=d password=given")
            .warnings()
            .is_empty()
    );
}
