//! `sslmode` and the other TLS parameters, with a server that has TLS and one without.

use std::fs;
use std::path::{Path, PathBuf};

use musicstream_connect::Environment;
use tempfile::TempDir;

use crate::certificates::{Authority, self_signed};
use crate::cluster::Cluster;
use crate::outcome;

const HBA: &str = "\
    hostssl   all tls_only  127.0.0.1/32 scram-sha-256\n\
    hostnossl all open_only 127.0.0.1/32 scram-sha-256\n\
    hostssl   all carol     127.0.0.1/32 cert\n\
    host      all ana       127.0.0.1/32 scram-sha-256";

const ROLES: &str = "create role ana login password 's3cret'; create role tls_only login password 's3cret'; \
    create role open_only login password 's3cret'; create role carol login";

/// The client's files.
struct Files(TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap())
    }

    fn add(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path
    }
}

fn server() -> Cluster {
    let cluster = Cluster::start(HBA);
    cluster.sql(ROLES);
    cluster
}

/// A connection string for a role; the host name is not resolved, and the server is on this machine.
fn string(server: &Cluster, role: &str, host: &str, more: &str) -> String {
    let port = server.port;
    format!(
        "host={host} hostaddr=127.0.0.1 port={port} user={role} password=s3cret dbname=postgres {more}"
    )
}

fn root(path: &Path) -> String {
    format!("sslrootcert={}", path.display())
}

#[test]
fn sslmode_determines_what_is_verified() {
    let (server, files) = (server(), Files::new());
    let authority = Authority::new("ours");
    let pair = authority.sign("postgres", &["localhost"]);
    server.use_certificate(&pair.certificate, &pair.key, &authority.certificate());
    let ours = root(&files.add("ours.crt", &authority.certificate()));
    let other = root(&files.add("other.crt", &Authority::new("other").certificate()));
    let both = root(&files.add(
        "both.crt",
        &format!(
            "{}{}",
            Authority::new("other").certificate(),
            authority.certificate()
        ),
    ));
    let ana = |host: &str, more: &str| outcome::of(&string(&server, "ana", host, more));
    let (secure, open) = (
        format!("{} true ana", server.port),
        format!("{} false ana", server.port),
    );

    for mode in ["sslmode=prefer", "sslmode=require", ""] {
        assert_eq!(ana("localhost", mode), Ok(secure.clone()), "{mode}");
    }
    for mode in ["sslmode=disable", "sslmode=allow"] {
        assert_eq!(ana("localhost", mode), Ok(open.clone()), "{mode}");
    }
    for versions in [
        "ssl_min_protocol_version=TLSv1.3",
        "ssl_max_protocol_version=TLSv1.2 sslsni=0",
    ] {
        assert_eq!(
            ana(
                "localhost",
                &format!("sslmode=verify-full {ours} {versions}")
            ),
            Ok(secure.clone())
        );
    }
    // The right name and a wrong one.
    for roots in [&ours, &both] {
        assert_eq!(
            ana("localhost", &format!("sslmode=verify-full {roots}")),
            Ok(secure.clone())
        );
    }
    for host in ["db.example", "127.0.0.1"] {
        let error = ana(host, &format!("sslmode=verify-full {ours}")).unwrap_err();
        assert!(error.contains("not valid for name"), "{error}");
        for mode in ["verify-ca", "require", "prefer"] {
            assert_eq!(
                ana(host, &format!("sslmode={mode} {ours}")),
                Ok(secure.clone()),
                "{mode} {host}"
            );
        }
    }
    // The root of another authority.
    for mode in ["verify-full", "verify-ca", "require"] {
        let error = ana("localhost", &format!("sslmode={mode} {other}")).unwrap_err();
        assert!(error.contains("UnknownIssuer"), "{mode}: {error}");
    }
    assert_eq!(
        ana("localhost", &format!("sslmode=prefer {other}")),
        Ok(secure.clone())
    );
    // `require` uses a root certificate in the home folder.
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".postgresql")).unwrap();
    fs::copy(
        files.0.path().join("other.crt"),
        home.path().join(".postgresql/root.crt"),
    )
    .unwrap();
    let environment = Environment::default().with_home(home.path());
    let target = outcome::target(
        &string(&server, "ana", "localhost", "sslmode=require"),
        &environment,
    );
    assert!(
        outcome::of_target(&target)
            .unwrap_err()
            .contains("UnknownIssuer")
    );

    let list = |is_ours, until| {
        files
            .add("revoked.crl", &authority.revoke(is_ours, until))
            .display()
            .to_string()
    };
    let with_list = |path: String| {
        ana(
            "localhost",
            &format!("sslmode=verify-ca {ours} sslcrl={path}"),
        )
    };
    assert_eq!(with_list(list(false, 2125)), Ok(secure.clone()));
    assert!(with_list(list(true, 2125)).unwrap_err().contains("Revoked"));
    let outdated = with_list(list(false, 2025)).unwrap_err();
    assert!(outdated.contains("revocation list expired"), "{outdated}");

    assert_eq!(
        ana("localhost", "sslmode=require channel_binding=require"),
        Ok(secure)
    );
    let error = ana("localhost", "sslmode=disable channel_binding=require").unwrap_err();
    assert!(error.contains("channel binding"), "{error}");
}

#[test]
fn a_refused_tls_mode_is_followed_by_the_other_one() {
    let (server, files) = (server(), Files::new());
    let authority = Authority::new("ours");
    let pair = authority.sign("postgres", &["localhost"]);
    server.use_certificate(&pair.certificate, &pair.key, &authority.certificate());
    let of = |role: &str, more: &str| outcome::of(&string(&server, role, "localhost", more));
    let port = server.port;

    assert_eq!(
        of("open_only", "sslmode=prefer"),
        Ok(format!("{port} false open_only"))
    );
    assert_eq!(
        of("tls_only", "sslmode=allow"),
        Ok(format!("{port} true tls_only"))
    );
    for (role, mode, attempts) in [
        ("open_only", "require", 1),
        ("tls_only", "disable", 1),
        ("nobody", "prefer", 2),
    ] {
        let error = of(role, &format!("sslmode={mode}")).unwrap_err();
        assert_eq!(
            error.matches("no pg_hba.conf entry").count(),
            attempts,
            "{error}"
        );
    }
    // A wrong password is not sent again without TLS, and not shown.
    let error = outcome::of(&string(&server, "ana", "localhost", "").replace("s3cret", "wr0ng"))
        .unwrap_err();
    assert_eq!(
        error.matches("password authentication failed").count(),
        1,
        "{error}"
    );
    assert!(!error.contains("wr0ng"), "{error}");

    // No common version: falls back to a connection without TLS if the mode allows it.
    server.sql("alter system set ssl_max_protocol_version = 'TLSv1.2'");
    server.use_certificate(&pair.certificate, &pair.key, &authority.certificate());
    let modern = |mode: &str| {
        of(
            "ana",
            &format!("sslmode={mode} ssl_min_protocol_version=TLSv1.3"),
        )
    };
    assert_eq!(modern("prefer"), Ok(format!("{port} false ana")));
    assert!(modern("require").unwrap_err().contains("TLS handshake"));

    let of_client = authority.sign("carol", &[]);
    let certificate = files.add("client.crt", &of_client.certificate);
    let key = files.add("client.key", &of_client.key);
    let identity = format!(
        "sslmode=require sslcert={} sslkey={}",
        certificate.display(),
        key.display()
    );
    assert_eq!(of("carol", &identity), Ok(format!("{port} true carol")));
    let beside = format!("sslmode=require sslcert={}", certificate.display());
    assert_eq!(
        of("carol", &beside),
        Ok(format!("{port} true carol")),
        "the key is found beside the certificate"
    );
    assert!(
        of("carol", &format!("{identity} sslcertmode=disable"))
            .unwrap_err()
            .contains("certificate")
    );
    files.add("client.key", &authority.sign("carol", &[]).key);
    assert!(of("carol", &identity).unwrap_err().contains("do not match"));
}

#[test]
fn self_signed_and_old_certificates_are_accepted_unless_verification_fails() {
    let (server, files) = (server(), Files::new());
    let authority = Authority::new("ours");
    let ours = root(&files.add("ours.crt", &authority.certificate()));
    let ana = |host: &str, more: &str| outcome::of(&string(&server, "ana", host, more));
    let secure = format!("{} true ana", server.port);

    // Without a subjectAltName there is no name: the common name does not count.
    let pair = authority.sign("db.example", &[]);
    server.use_certificate(&pair.certificate, &pair.key, &authority.certificate());
    assert_eq!(
        ana("db.example", &format!("sslmode=verify-ca {ours}")),
        Ok(secure.clone())
    );
    let error = ana("db.example", &format!("sslmode=verify-full {ours}")).unwrap_err();
    assert!(error.contains("subjectAltName"), "{error}");

    // Self-signed, and trusted itself.
    let pair = self_signed("db.example", &["db.example"]);
    server.use_certificate(&pair.certificate, &pair.key, &authority.certificate());
    let itself = root(&files.add("server.crt", &pair.certificate));
    assert_eq!(
        ana("db.example", &format!("sslmode=verify-full {itself}")),
        Ok(secure.clone())
    );
    assert_eq!(
        ana("other.example", &format!("sslmode=verify-ca {itself}")),
        Ok(secure.clone())
    );
    assert!(ana("other.example", &format!("sslmode=verify-full {itself}")).is_err());
    assert!(ana("db.example", &format!("sslmode=verify-ca {ours}")).is_err());
}

#[test]
fn a_server_without_tls_is_used_only_if_sslmode_allows_it() {
    let server = server();
    let ana = |more: &str| outcome::of(&string(&server, "ana", "localhost", more));
    assert_eq!(ana(""), Ok(format!("{} false ana", server.port)));
    let error = ana("sslmode=require").unwrap_err();
    assert!(error.contains("server does not support TLS"), "{error}");
    // Sockets need no TLS.
    let socket = format!(
        "host={} port={} user=postgres sslmode=verify-full",
        server.socket(),
        server.port
    );
    assert_eq!(
        outcome::of(&socket),
        Ok(format!("{} false postgres", server.port))
    );
}
