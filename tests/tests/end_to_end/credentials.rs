//! A broker with TLS and SASL.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};

use musicstream_tests::broker::{Broker, Secure};
use musicstream_tests::database::Database;
use musicstream_tests::pipeline::stream;
use musicstream_tests::process::run;
use musicstream_tests::topic::{Record, Topic};

const SECONDS: Duration = Duration::from_secs(60);
const PASSWORD: &str = "the-right-secret";
const EVENT: &str = r#"{"event_id":"00000000000000000000000000000001","user_id":"u","event_type":"play","region":"eu","ts":"2026-03-01T00:00:00Z"}"#;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    // Must differ from the names of its certificates, which would otherwise count as self-signed.
    params
        .distinguished_name
        .push(DnType::CommonName, "an authority of this test");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Key and certificate for a server on localhost.
fn identity(authority: &Authority) -> String {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    format!("{}{}", key.serialize_pem(), certificate.pem())
}

#[test]
fn valid_credentials_connect_and_invalid_ones_give_one_message() {
    let ours = authority();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ca = write("ca.pem", &ours.pem());
    let other_ca = write("other.pem", &authority().pem());
    let right = write("right", &format!("{PASSWORD}\n"));
    let wrong = write("wrong", "another-secret\n");
    let broker = Broker::start_secure(Secure {
        identity: identity(&ours),
        user: "alice".to_owned(),
        password: PASSWORD.to_owned(),
    });
    let topic = Topic::create_on(&broker, "credentials", 1);
    topic.send(vec![Record::new(0, EVENT)]);

    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        let database = Database::create();
        let command = |ca: &Path, secret: &Path| -> Command {
            let mut command = stream(&database, &topic);
            command.env("KAFKA_BROKERS", broker.secure_address()).args([
                "--until-end",
                "--output",
                "json",
            ]);
            for option in [
                "security.protocol=sasl_ssl".to_owned(),
                format!("sasl.mechanism={mechanism}"),
                "sasl.username=alice".to_owned(),
                format!("sasl.password=@{}", secret.display()),
                format!("ssl.ca.location={}", ca.display()),
            ] {
                command.args(["-X", &option]);
            }
            command
        };
        for (ca, secret, words) in [
            (&ca, &wrong, "uthentication failed"),
            (&other_ca, &right, "certificate verify failed"),
        ] {
            let refused = run(&mut command(ca, secret), SECONDS).with_code(1);
            let errors = refused.stderr.matches("ERROR").count();
            assert!(
                errors == 1 && refused.stderr.contains(words) && refused.stderr.contains("hint"),
                "{mechanism}: {words}: {refused:#?}"
            );
            for secret in [PASSWORD, "another-secret"] {
                assert!(!refused.stderr.contains(secret), "{refused:#?}");
            }
        }
        let opened = run(&mut command(&ca, &right), SECONDS).summary();
        assert_eq!((opened.read, opened.inserted), (1, 1), "{mechanism}");
    }
}
