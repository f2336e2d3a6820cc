//! Several servers, passwords from files, and servers that do not answer.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use musicstream_connect::{Cause, ConnectError, Environment, Target};

use crate::cluster::Cluster;
use crate::outcome;

const HBA: &str = "host all ana 127.0.0.1/32 scram-sha-256";

fn server() -> Cluster {
    let cluster = Cluster::start(HBA);
    cluster.sql("create role ana login password 's3cret'");
    cluster
}

/// A port without a server.
fn unused_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn connect_error(text: &str) -> ConnectError {
    let target = outcome::target(text, &Environment::default());
    let tls = target.connector().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(target.connect(&tls)).err().unwrap()
}

#[test]
fn the_first_suitable_server_is_used() {
    let primary = server();
    let standby = Cluster::standby_of(&primary);
    let (one, two) = (primary.port, standby.port);
    let both = |first: u16, second: u16, kind: &str| {
        outcome::of(&format!(
            "postgresql://ana:s3cret@127.0.0.1:{first},localhost:{second}/postgres?target_session_attrs={kind}"
        ))
    };
    let (first, second) = (format!("{one} false ana"), format!("{two} false ana"));
    for (kind, expected) in [
        ("any", &second),
        ("read-write", &first),
        ("primary", &first),
        ("read-only", &second),
        ("standby", &second),
        ("prefer-standby", &second),
    ] {
        assert_eq!(both(two, one, kind).as_ref(), Ok(expected), "{kind}");
    }
    assert_eq!(both(one, two, "prefer-standby").as_ref(), Ok(&second));
    assert_eq!(
        both(unused_port(), one, "any").as_ref(),
        Ok(&first),
        "the next one if a server is unreachable"
    );
    assert_eq!(
        both(one, unused_port(), "prefer-standby").as_ref(),
        Ok(&first),
        "any server if there is no standby"
    );
    let error = both(one, one, "standby").unwrap_err();
    assert!(error.contains("the server is not standby"), "{error}");

    let error = connect_error(&format!(
        "postgresql://ana@127.0.0.1:{},localhost:{}/d",
        unused_port(),
        unused_port()
    ));
    assert!(
        error.to_string().starts_with("127.0.0.1:") && error.to_string().contains("; localhost:"),
        "{error}"
    );

    // After a refusal no other server is tried.
    let error = connect_error(&format!(
        "postgresql://ana:wrong@127.0.0.1:{one},127.0.0.1:{two}/postgres"
    ));
    assert!(
        matches!(error.cause(), Cause::Driver(_)) && error.earlier().is_empty(),
        "{error}"
    );
}

#[test]
fn passwords_are_found_as_by_libpq() {
    let server = server();
    let port = server.port;
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, content: String, mode: u32| {
        let path = home.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    write(
        ".pgpass",
        format!("# ours\nlocalhost:{port}:*:ana:s3cret\n127.0.0.1:*:*:*:wrong\n"),
        0o600,
    );
    let other = write("other", "*:*:*:ana:s3cret\n".to_owned(), 0o600);
    let exposed = write("exposed", "*:*:*:ana:s3cret\n".to_owned(), 0o644);
    let services = write(
        "services",
        format!("[music]\nhost=localhost\nport={port}\nuser=ana\ndbname=postgres\n"),
        0o644,
    );
    let of = |text: &str, variables: &[(&str, &str)]| {
        let environment =
            Environment::of_variables(variables.iter().copied()).with_home(home.path());
        outcome::of_target(&outcome::target(text, &environment))
    };
    let here = format!("port={port} user=ana dbname=postgres sslmode=disable");
    let (yes, wrong, missing) = (
        format!("{port} false ana"),
        "password authentication failed",
        "asks for a password",
    );

    assert_eq!(
        of(&format!("host=localhost {here}"), &[]).as_ref(),
        Ok(&yes)
    );
    assert!(
        of(&format!("host=127.0.0.1 {here}"), &[])
            .unwrap_err()
            .contains(wrong)
    );
    assert_eq!(
        of(
            &format!("host=127.0.0.1 {here}"),
            &[("PGPASSWORD", "s3cret")]
        )
        .as_ref(),
        Ok(&yes)
    );
    assert_eq!(
        of(&format!("host=127.0.0.1 {here}"), &[("PGPASSFILE", &other)]).as_ref(),
        Ok(&yes)
    );
    assert_eq!(
        of(&format!("host=127.0.0.1 {here} passfile={other}"), &[]).as_ref(),
        Ok(&yes)
    );
    assert!(
        of(
            &format!("host=localhost {here}"),
            &[("PGPASSFILE", &exposed)]
        )
        .unwrap_err()
        .contains(missing)
    );
    let service = [("PGSERVICE", "music"), ("PGSERVICEFILE", services.as_str())];
    assert_eq!(of("", &service).as_ref(), Ok(&yes));
    assert_eq!(
        of("postgresql:///?options=-c%20work_mem%3D1MB", &service).as_ref(),
        Ok(&yes)
    );
}

#[test]
fn an_unreachable_server_is_named() {
    let port = unused_port();
    let error = connect_error(&format!("postgresql://ana:s3cret@127.0.0.1:{port}/d"));
    assert!(
        error.to_string().contains("refused") && !error.to_string().contains("s3cret"),
        "{error}"
    );
    let error = connect_error("postgresql://ana:s3cret@no-such-host.invalid/d");
    assert!(matches!(error.cause(), Cause::Lookup(_)), "{error}");
    assert!(
        error.to_string().starts_with("the host's address"),
        "{error}"
    );
}

#[test]
fn a_server_that_does_not_answer_is_given_up_after_connect_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let started = Instant::now();
    let error = connect_error(&format!(
        "postgresql://ana@127.0.0.1:{port}/d?connect_timeout=2"
    ));
    assert!(
        matches!(error.cause(), Cause::TimedOut(limit) if *limit == Duration::from_secs(2)),
        "{error}"
    );
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[test]
fn the_session_has_the_requested_settings() {
    let server = server();
    let text = format!(
        "host={} port={} user=postgres dbname=template1 options='-c work_mem=3MB' fallback_application_name=x",
        server.socket(),
        server.port
    );
    let target = Target::resolve(Some(&text), &Environment::default(), "musicstream-test").unwrap();
    let mut client = target
        .connect_blocking(&target.connector().unwrap())
        .unwrap();
    let row = client
        .query_one(
            "select current_database()::text, current_setting('work_mem'), current_setting('application_name')",
            &[],
        )
        .unwrap();
    let session: Vec<&str> = (0..3).map(|at| row.get(at)).collect();
    assert_eq!(session, ["template1", "3MB", "x"]);
}
