//! librdkafka options that `-X` and the `[kafka]` table must not set, each with its reason. The only list of them.
//!
//! An option is reserved if another value of it loses or repeats records, or hides something from the ingestor that it must
//! know. Options that only affect speed or memory are not reserved, nor are those of connections, TLS and SASL.

const LEDGER: &str = "the next offset comes from the ledger in the database, which is advanced in the transaction \
                      that stores the records; offsets in Kafka are a copy for tools that show lag";
/// For options that select the requests of old brokers.
const OLD_PROTOCOL: &str = "the requests of old brokers carry neither transactions nor leader epochs: aborted records \
                            would be stored, and a log that lost its end would not be noticed";
const ADDRESS: &str = "use --brokers or KAFKA_BROKERS, which error messages name";

/// Each option under all names that librdkafka has for it.
const RESERVED: &[(&str, &str)] = &[
    (
        "auto.offset.reset",
        "the ingestor must stop if the ledger and the log do not fit together: any other value silently skips records or \
         reads them again; use --from for topics that the ledger does not know, and --accept-gap",
    ),
    ("enable.auto.commit", LEDGER),
    ("auto.commit.enable", LEDGER),
    ("auto.commit.interval.ms", LEDGER),
    ("enable.auto.offset.store", LEDGER),
    ("offset.store.method", LEDGER),
    ("offset.store.path", LEDGER),
    ("offset.store.sync.interval.ms", LEDGER),
    (
        "group.id",
        "use --group or KAFKA_GROUP: otherwise the ingestor would copy its offsets to another group than the one it joins",
    ),
    (
        "enable.partition.eof",
        "the ingestor sets it: --until-end depends on it, and an endless stream does not use it",
    ),
    (
        "isolation.level",
        "records of aborted and of open transactions would be stored as events",
    ),
    ("api.version.request", OLD_PROTOCOL),
    ("api.version.fallback.ms", OLD_PROTOCOL),
    ("broker.version.fallback", OLD_PROTOCOL),
    (
        "allow.auto.create.topics",
        "a topic that was deleted or whose name is misspelt would be created, instead of being reported",
    ),
    ("bootstrap.servers", ADDRESS),
    ("metadata.broker.list", ADDRESS),
    (
        "enabled_events",
        "the ingestor receives its assignments as events, which this would switch off",
    ),
    (
        "delivery.report.only.error",
        "the ingestor waits for the report of each record that it sends",
    ),
    (
        "transactional.id",
        "the ingestor sends records, of --dead-letter-topic and of generate, outside of transactions",
    ),
];

/// Refuses a reserved option.
///
/// # Errors
/// The option is reserved; the text has the reason.
pub(crate) fn check(option: &str) -> Result<(), String> {
    // librdkafka also accepts topic options with this prefix.
    let name = option.strip_prefix("topic.").unwrap_or(option);
    match RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        Some((_, reason)) => Err(format!("{option} cannot be set: {reason}")),
        None => Ok(()),
    }
}

/// The names of all reserved options, for `--help`.
pub(crate) fn names() -> String {
    let names: Vec<&str> = RESERVED.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_options_are_refused_under_each_of_their_names() {
        for option in [
            "auto.offset.reset",
            "topic.auto.offset.reset",
            "auto.commit.enable",
            "enable.auto.commit",
            "isolation.level",
        ] {
            let refused = check(option).unwrap_err();
            assert!(refused.starts_with(option), "{refused}");
        }
        for option in [
            "security.protocol",
            "session.timeout.ms",
            "group.protocol",
            "topic.metadata.refresh.interval.ms",
        ] {
            assert_eq!(check(option), Ok(()));
        }
    }

    #[test]
    fn each_reserved_option_is_one_of_librdkafkas() {
        for (name, _) in RESERVED {
            let mut config = rdkafka::ClientConfig::new();
            config.set(*name, "no such value");
            let error = config
                .create::<rdkafka::consumer::BaseConsumer>()
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(!error.contains("No such configuration property"), "{error}");
        }
    }
}
