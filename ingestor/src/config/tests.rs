use super::*;

fn effective(file: &str, arguments: &[&str]) -> Result<Effective, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ingestor.toml");
    std::fs::write(&path, file).unwrap();
    let arguments = ["musicstream-ingestor"]
        .iter()
        .chain(arguments)
        .map(OsString::from)
        .collect();
    parse(arguments, Some(path)).map_err(|error| error.to_string())
}

fn line<'a>(printed: &'a str, flag: &str) -> &'a str {
    let start = format!("{flag} = ");
    printed
        .lines()
        .find(|line| line.starts_with(&start))
        .unwrap_or_else(|| panic!("no {flag} in\n{printed}"))
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
    let file = r#"
        batch-rows = 7
        topic = ["a", "b"]
        accept-gap = true
        [stream]
        max-latency = "2s"
        writers = 3
        [load]
        batch-rows = 9
        [kafka]
        "security.protocol" = "ssl"
        "sasl.password" = "very secret"
    "#;
    let stream = effective(
        file,
        &[
            "stream",
            "--writers",
            "4",
            "-X",
            "security.protocol=plaintext",
        ],
    )
    .unwrap();
    let printed = stream.print();
    for (flag, value, origin) in [
        ("batch-rows", "7", "ingestor.toml"),
        ("topic", r#"["a", "b"]"#, "ingestor.toml"),
        ("accept-gap", "true", "ingestor.toml"),
        ("max-latency", r#""2s""#, "ingestor.toml"),
        ("writers", "4", "# flag"),
        ("batch-mib", "16", "# default"),
    ] {
        let line = line(&printed, flag);
        assert!(line.contains(value) && line.contains(origin), "{line}");
    }
    assert!(!printed.contains("very secret"), "{printed}");
    assert!(line(&printed, "\"security.protocol\"").contains("plaintext"));
    // The output is a valid configuration file, and results in the same configuration.
    let values = |printed: &str| -> BTreeSet<String> {
        let lines = printed
            .lines()
            .map(|line| line.split("  # ").next().unwrap());
        lines.map(str::to_owned).collect()
    };
    let again = effective(&printed, &["stream"]).unwrap().print();
    assert_eq!(values(&again), values(&printed));
    line(&printed, "log-level");

    let crate::cli::Command::Stream(args) = stream.cli.command else {
        panic!("not stream");
    };
    assert_eq!(
        (args.batch_rows, args.writers, args.accept_gap),
        (7, 4, true)
    );
    assert_eq!(args.topics.topics, ["a", "b"]);
    let config = args.kafka.finish(rdkafka::ClientConfig::new());
    assert_eq!(config.get("security.protocol"), Some("plaintext"));
    assert_eq!(config.get("sasl.password"), Some("very secret"));

    // In either order in the file, and in either order of the names.
    for file in [
        "writers = 9\n[stream]\nwriters = 3",
        "batch-rows = 9\n[stream]\nbatch-rows = 3",
    ] {
        let printed = effective(file, &["stream"]).unwrap().print();
        assert!(printed.contains(" = 3  # file"), "{printed}");
    }
    let load = effective(file, &["load", "x.csv"]).unwrap();
    assert!(line(&load.print(), "batch-rows").contains('9'));
}

#[test]
fn errors_in_the_file_name_the_option_and_show_no_value() {
    for (file, what) in [
        ("batch-row = 1", "--batch-row"),
        ("[stream]\nbatch-row = 1", "stream has no flag --batch-row"),
        ("[stream]\nlog-level = \"debug\"", "above the tables"),
        ("[steam]\nbatch-rows = 1", "steam"),
        ("batch-rows = 0", "batch-rows"),
        ("topic = []", "topic is an empty list"),
        ("[kafka]\nsasl.password = \"= secret\"", "in quotes"),
        ("[kafka]\n\"debug\" = [\"= secret\"]", "option debug in"),
        (
            "[kafka]\n\"auto.offset.reset\" = \"latest\"",
            "auto.offset.reset cannot be set",
        ),
        ("a = 1\ndatabase-url = secret", "line 2"),
    ] {
        let error = effective(file, &["stream"]).map(|_| ()).unwrap_err();
        assert!(error.contains(what), "{error}");
        assert!(!error.contains("= secret"), "{error}");
    }
}

#[test]
fn a_topic_that_is_read_gets_no_dead_letters() {
    let file = "[stream]\ntopic = [\"a\", \"b\"]\ndead-letter-topic = \"b\"";
    let error = effective(file, &["stream"]).err().unwrap();
    assert!(error.contains("--dead-letter-topic b is read"), "{error}");
    assert!(effective(file, &["stream", "--topic", "a"]).is_ok());
}

#[test]
fn required_flags_may_be_in_the_file() {
    for (file, flags) in [
        ("[generate]\nto = \"-\"\ncount = 3", &["generate"][..]),
        (
            "[generate]\nlive = true\nrate = 5",
            &["generate", "--to", "-"],
        ),
        ("[generate]\nrate = 5", &["generate", "--to", "-", "--live"]),
        (
            "[generate]\nsessions = true\ncount = 3",
            &["generate", "--to", "a.csv", "--truth", "b.csv"],
        ),
    ] {
        assert_eq!(effective(file, flags).err(), None, "{file}");
    }
    let none = effective("", &["generate"]).err().unwrap();
    assert!(none.contains("--to <TARGET>"), "{none}");
}

#[test]
fn the_path_is_found_before_the_arguments_are_parsed() {
    let find = |arguments: &[&str], variable: Option<&str>| {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        path_of_file(&arguments, variable.map(OsString::from))
    };
    let path = Some(PathBuf::from("x"));
    assert_eq!(find(&["p", "stream", "--config", "x"], Some("y")), path);
    assert_eq!(find(&["p", "--config=x", "stream"], None), path);
    assert_eq!(find(&["p", "stream"], Some("x")), path);
    assert_eq!(find(&["p", "load", "--", "--config", "x"], Some("")), None);
}

#[test]
fn kafka_options_of_the_file_may_be_in_separate_files() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "very secret\n").unwrap();
    let file = format!(
        "[kafka]\n\"sasl.password\" = \"@{}\"\n\"sasl.username\" = \"@@me\"\n\"fetch.min.bytes\" = 7\n",
        secret.display()
    );
    let mut effective = effective(&file, &["stream"]).unwrap();
    let option = |options: &[(String, String)], key: &str| {
        let found = options.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.clone()).unwrap()
    };
    let printed = effective.print();
    let options = &effective.cli.kafka_mut().unwrap().options;
    assert_eq!(option(options, "sasl.password"), "very secret");
    assert_eq!(option(options, "sasl.username"), "@me");
    assert_eq!(option(options, "fetch.min.bytes"), "7");
    assert!(!printed.contains("very secret"), "{printed}");
    assert!(
        line(&printed, "\"sasl.username\"").contains("\"@@me\""),
        "it is a file of its kind: {printed}"
    );

    std::fs::remove_file(&secret).unwrap();
    let refused = self::effective(&file, &["stream"]).err().unwrap();
    assert!(
        refused.contains("sasl.password") && refused.contains(&secret.display().to_string()),
        "{refused}"
    );
}

#[test]
fn a_value_that_looks_like_a_number_is_read_again_as_the_same_text() {
    for name in ["007", "1e5", "inf", "+1", "1_000"] {
        let first = effective("", &["stream", "--group", name]).unwrap().print();
        let again = effective(&first, &["stream"]).unwrap();
        let crate::cli::Command::Stream(args) = again.cli.command else {
            panic!("not stream");
        };
        assert_eq!(args.group, name);
    }
}

#[test]
fn neither_help_nor_the_configuration_shows_a_secret_of_the_file() {
    let url = r#"database-url = "postgresql://u:hunter2@h/d""#;
    for subcommand in ["stream", "load", "status"] {
        let help = effective(url, &[subcommand, "--help"]).err().unwrap();
        assert!(help.contains("--database-url"), "{help}");
        assert!(!help.contains("hunter2"), "{help}");
    }
    let phrase = "sasl.oauthbearer.assertion.private.key.passphrase";
    let file = format!("[kafka]\n\"{phrase}\" = \"hunter2\"");
    let printed = effective(&file, &["stream"]).unwrap().print();
    assert!(line(&printed, &format!("\"{phrase}\"")).contains(HIDDEN));
    assert!(!printed.contains("hunter2"), "{printed}");
}
