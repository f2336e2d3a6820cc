//! The configuration from flags, variables and files: errors are reported within seconds, and secrets are never shown.

use std::time::Duration;

use musicstream_tests::database::{Database, value};
use musicstream_tests::old_version;
use musicstream_tests::pipeline::{stream, stream_to_end};
use musicstream_tests::process::{Summary, ingestor, program, run};
use musicstream_tests::secrecy;
use musicstream_tests::topic::{Record, Topic};

const SECONDS: Duration = Duration::from_secs(30);

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let database = Database::create();
    let topic = Topic::create("settings", 1);
    let url = database.ingest_url();
    let (user, rest) = url.split_once('@').unwrap();
    let (user, password) = user.rsplit_once(':').unwrap();
    for secret in [password, "hidden-1", "hidden-2", "wrong-password"] {
        secrecy::hide(secret);
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let secret = write("secret", &format!("{password}\n"));
    let config = write(
        "ingestor.toml",
        &format!(
            "database-url = \"{user}@{rest}\"\ndatabase-password-file = \"{secret}\"\n\
             brokers = \"127.0.0.1:1\"\n\
             [stream]\ntopic = \"{}\"\nuntil-end = true\nwriters = 3\ngroup = \"of_file\"\nbatch-rows = 7\n\
             [kafka]\n\"sasl.password\" = \"hidden-1\"\n\"client.rack\" = \"here\"\n",
            topic.name()
        ),
    );
    let read = |extra: &[&str]| {
        run(
            ingestor(&database)
                .env_remove("DATABASE_URL")
                .env("KAFKA_GROUP", "of_variable")
                .args(["stream", "--config", &config, "--output", "json"])
                .args(extra),
            SECONDS,
        )
    };
    assert_eq!(read(&[]).summary(), Summary::default());

    let also_hidden = write("kafka", "hidden-2\n");
    let option = format!("ssl.key.password=@{also_hidden}");
    let shown = read(&["--print-config", "-X", &option, "--writers", "2"]).with_code(0);
    for (line, origin) in [
        ("until-end = true", "ingestor.toml"),
        ("writers = 2", "# flag"),
        // The stream above has reached this broker.
        ("brokers = ", "# variable KAFKA_BROKERS"),
        ("group = \"of_variable\"", "# variable KAFKA_GROUP"),
        ("batch-rows = 7", "ingestor.toml"),
        ("max-latency = \"100ms\"", "# default"),
        ("\"client.rack\" = \"here\"", "ingestor.toml"),
        ("\"ssl.key.password\" = \"****", "# flag"),
        ("# the database is ", "_ingest"),
    ] {
        let found = shown.stdout.lines().find(|found| found.starts_with(line));
        assert!(
            found.is_some_and(|found| found.contains(origin)),
            "{line} {origin} in {shown:#?}"
        );
    }

    let of_flag = read(&["--print-config", "--group", "of_flag"]).with_code(0);
    assert!(
        of_flag.stdout.contains("group = \"of_flag\""),
        "a flag overrides a variable: {of_flag:#?}"
    );

    std::fs::write(&secret, "wrong-password").unwrap();
    let refused = read(&[]).with_code(1);
    assert!(refused.stderr.contains("password"), "{refused:#?}");
    std::fs::remove_file(&secret).unwrap();
    assert!(read(&[]).with_code(1).stderr.contains(&secret));
    std::fs::write(&config, "until-ent = true").unwrap();
    assert!(read(&[]).with_code(2).stderr.contains("--until-ent"));
}

#[test]
fn kafka_options_that_would_lose_or_repeat_records_are_refused_by_name() {
    let database = Database::create();
    let topic = Topic::create("reserved", 1);
    topic.send(vec![Record::new(0, "canary")]);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("ingestor.toml");
    let read = |arguments: &[&str]| {
        let mut stream = stream(&database, &topic);
        run(stream.arg("--until-end").args(arguments), SECONDS)
    };
    for (option, setting, reason) in [
        // Would skip records that replaced lost ones.
        ("auto.offset.reset", "latest", "--from"),
        ("topic.auto.offset.reset", "latest", "--from"),
        ("enable.auto.commit", "true", "ledger"),
        ("auto.commit.enable", "true", "ledger"),
        ("auto.commit.interval.ms", "1000", "ledger"),
        ("enable.auto.offset.store", "true", "ledger"),
        ("offset.store.method", "file", "ledger"),
        ("group.id", "another", "--group"),
        ("enable.partition.eof", "false", "--until-end"),
        ("isolation.level", "read_uncommitted", "aborted"),
        ("api.version.request", "false", "aborted"),
        ("allow.auto.create.topics", "true", "misspelt"),
        ("bootstrap.servers", "localhost:1", "--brokers"),
    ] {
        let refused = read(&["-X", &format!("{option}={setting}")]).with_code(2);
        let names_it = format!("{option} cannot be set");
        for words in [names_it.as_str(), reason] {
            assert!(refused.stderr.contains(words), "{words}: {refused:#?}");
        }
        std::fs::write(&config, format!("[kafka]\n\"{option}\" = \"{setting}\"")).unwrap();
        let refused = read(&["--config", config.to_str().unwrap()]).with_code(2);
        for words in ["ingestor.toml", &names_it, reason] {
            assert!(refused.stderr.contains(words), "{words}: {refused:#?}");
        }
    }
    let read: i64 = value(
        &mut database.client(),
        "select count(*) from ingest_offsets",
        &[],
    );
    assert_eq!(read, 0);
}

#[test]
fn an_invalid_configuration_ends_within_seconds_with_its_reason() {
    let database = Database::create();
    let topic = Topic::create("wrong", 1);
    let nobody = database.unprivileged_url();
    let url = database.ingest_url();
    let elsewhere = format!("{}/no_such_database", url.rsplit_once('/').unwrap().0);
    let wrong = url.replace("_ingest:", "_ingest:wrong-");
    let lacking = format!("{}/postgres", url.rsplit_once('/').unwrap().0);
    let old = old_version::database();
    let old_url = old.ingest_url();
    for (variable, setting, words) in [
        ("DATABASE_URL", wrong.as_str(), "Check the password"),
        ("DATABASE_URL", &lacking, "create extension pg_musicstream"),
        (
            "DATABASE_URL",
            &old_url,
            "alter extension pg_musicstream update",
        ),
        ("DATABASE_URL", &nobody, "Grant the role"),
        ("DATABASE_URL", &elsewhere, "does not exist"),
        ("DATABASE_URL", "postgresql://h/d?no_such=1", "no_such"),
        ("KAFKA_BROKERS", "127.0.0.1:1", "--brokers"),
    ] {
        let finished = run(stream(&database, &topic).env(variable, setting), SECONDS).with_code(1);
        assert!(finished.stderr.contains(words), "{words}: {finished:#?}");
        let errors = finished.stderr.matches("ERROR").count();
        assert_eq!(errors, 1, "one message: {finished:#?}");
    }
    let absent = run(
        ingestor(&database).args(["stream", "--topic", "no_such_topic_here"]),
        SECONDS,
    )
    .with_code(1);
    assert!(
        absent
            .stderr
            .contains("there is no topic no_such_topic_here"),
        "{absent:#?}"
    );
    assert_eq!(absent.stderr.matches("ERROR").count(), 1, "{absent:#?}");
    let unknown = run(
        stream(&database, &topic).args(["-X", "no.such.option=1"]),
        SECONDS,
    )
    .with_code(1);
    assert!(unknown.stderr.contains("no.such.option"), "{unknown:#?}");
}

#[test]
fn rejects_are_replayed_after_a_fix() {
    let database = Database::create();
    let topic = Topic::create("replay", 1);
    let event = |id: u32, event_type: &str| {
        Record::new(
            0,
            format!(
                r#"{{"event_id":"{id:032x}","user_id":"canary","device":"canary","event_type":"{event_type}","region":"eu","ts":"2026-03-01T00:00:00Z"}}"#
            ),
        )
    };
    topic.send(vec![
        event(1, "play"),
        event(2, "skip"),
        event(3, "skip"),
        event(4, "teleport"),
        Record::new(0, "no JSON"),
    ]);
    assert_eq!(stream_to_end(&database, &topic).rejected, 4);
    let mut client = database.client();
    client
        .execute("insert into event_types values ('skip')", &[])
        .unwrap();
    let replay = |arguments: &[&str]| {
        run(
            ingestor(&database)
                .args(["replay", "--output", "json"])
                .args(arguments),
            SECONDS,
        )
        .with_code(0)
        .json()
    };
    let none = replay(&["--reason", "too_old"]);
    assert_eq!(
        (&none["retried"], &none["inserted"]),
        (&0.into(), &0.into())
    );
    let some = replay(&["--reason", "unknown_event_type"]);
    assert_eq!(
        (&some["retried"], &some["inserted"], &some["rejected"]),
        (&3.into(), &2.into(), &1.into())
    );
    let left: i64 = value(&mut client, "select count(*) from rejected_events", &[]);
    assert_eq!(left, 2);
    musicstream_tests::oracle::assert_metrics_equal_raw(&mut client);
    run(
        program("musicstream-ingestor").args(["replay", "--max-rows", "0"]),
        SECONDS,
    )
    .with_code(2);
}
