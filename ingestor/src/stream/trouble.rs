//! What an error of the Kafka client means for the run. The only place that decides it; pure, without a clock or a client.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::bail;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Time between two log messages with the same text.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// A topic that has not existed in Kafka's metadata for this long was deleted.
const ABSENT_FOR: Duration = Duration::from_secs(20);
/// Time between two checks whether the topic exists.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// How the poll loop continues after an error.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// librdkafka recovers by itself.
    Continue,
    /// The client cannot continue at its position: the ledger must be compared with the log.
    ReadLedger,
}

#[derive(Debug, Default)]
pub(super) struct Trouble {
    absence: Option<Absence>,
    /// When each text was last logged.
    logged_at: BTreeMap<String, Instant>,
}

/// A topic that existed before is absent from Kafka's metadata.
#[derive(Debug)]
struct Absence {
    since: Instant,
    check_at: Instant,
}

impl Trouble {
    /// `fatal` is the client's fatal error with its text, if it has one.
    ///
    /// # Errors
    /// The run cannot continue; the error names the remedy.
    pub(super) fn react(
        &mut self,
        error: &KafkaError,
        fatal: Option<(RDKafkaErrorCode, String)>,
        now: Instant,
    ) -> anyhow::Result<Reaction> {
        use RDKafkaErrorCode as Code;
        let is_fatal = matches!(error, KafkaError::MessageConsumptionFatal(_));
        // The error itself only has the text "fatal".
        let code = fatal.as_ref().map(|(code, _)| *code).filter(|_| is_fatal);
        match code.or(error.rdkafka_error_code()) {
            // For a log that was cut off librdkafka reports that it has no offset at which to continue.
            Some(Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::LogTruncation) => {
                tracing::warn!(
                    "the log lacks the next offset to read, or was cut off before it: comparing it with the ledger"
                );
                Ok(Reaction::ReadLedger)
            }
            Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
                self.topic_is_unknown(now);
                Ok(Reaction::Continue)
            }
            Some(
                Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::Authentication,
            ) => bail!(
                "Kafka refuses access: {error}; hint: check the SASL options and the topic's and group's ACLs"
            ),
            Some(Code::FencedInstanceId | Code::UnreleasedInstanceId) => bail!(
                "another member of the group has the same --group-instance-id; hint: each member needs its own"
            ),
            _ if is_fatal => {
                let why = fatal.map_or_else(|| error.to_string(), |(_, why)| why);
                bail!("the Kafka client cannot continue: {why}; hint: run it again")
            }
            _ => {
                let text = error.to_string();
                if self.should_log(&text, now) {
                    tracing::warn!("Kafka: {text}; going on");
                }
                Ok(Reaction::Continue)
            }
        }
    }

    /// A broker that has just started may lack topics in its metadata. Only a topic that stays absent was deleted.
    fn topic_is_unknown(&mut self, now: Instant) {
        if self.absence.is_none() {
            tracing::warn!("Kafka does not know the topic any more: checking whether that lasts");
            self.absence = Some(Absence {
                since: now,
                check_at: now,
            });
        }
    }

    /// Whether it is time to check whether the topic exists.
    pub(super) fn is_topic_check_due(&self, now: Instant) -> bool {
        self.absence
            .as_ref()
            .is_some_and(|absence| now >= absence.check_at)
    }

    /// Applies the result of a check: whether the topic exists; `None` if Kafka did not answer.
    ///
    /// # Errors
    /// The topic was deleted.
    pub(super) fn topic_checked(
        &mut self,
        is_known: Option<bool>,
        now: Instant,
    ) -> anyhow::Result<()> {
        let Some(absence) = &mut self.absence else {
            return Ok(());
        };
        absence.check_at = now + CHECK_EVERY;
        match is_known {
            Some(true) => {
                tracing::info!("Kafka knows the topic again");
                self.absence = None;
            }
            Some(false) if now - absence.since >= ABSENT_FOR => {
                bail!("the topic does not exist any more; hint: was it deleted?")
            }
            Some(false) => tracing::debug!("Kafka does not know the topic yet"),
            // After an outage the broker may need the whole time to load its topics.
            None => absence.since = now,
        }
        Ok(())
    }

    /// Whether a text may be logged now; each is logged once in a while.
    pub(super) fn should_log(&mut self, text: &str, now: Instant) -> bool {
        let is_due = self
            .logged_at
            .get(text)
            .is_none_or(|at| now - *at >= LOG_EVERY);
        if is_due {
            self.logged_at.insert(text.to_owned(), now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consumption(code: RDKafkaErrorCode) -> KafkaError {
        KafkaError::MessageConsumption(code)
    }

    #[test]
    fn each_kind_of_error_has_its_reaction() {
        use RDKafkaErrorCode as Code;
        let react = |error: KafkaError, fatal| {
            let reaction = Trouble::default().react(&error, fatal, Instant::now());
            reaction.map_err(|error| error.to_string())
        };
        for (code, reaction) in [
            (Code::AutoOffsetReset, Reaction::ReadLedger),
            (Code::OffsetOutOfRange, Reaction::ReadLedger),
            (Code::UnknownTopicOrPartition, Reaction::Continue),
            (Code::AllBrokersDown, Reaction::Continue),
        ] {
            assert_eq!(react(consumption(code), None), Ok(reaction), "{code:?}");
        }
        for (code, words) in [
            (Code::TopicAuthorizationFailed, "check the SASL options"),
            (Code::FencedInstanceId, "--group-instance-id"),
        ] {
            let error = react(consumption(code), None).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let fatal = KafkaError::MessageConsumptionFatal(Code::Fatal);
        let fenced = Some((Code::FencedInstanceId, "fenced".to_owned()));
        let error = react(fatal.clone(), fenced).unwrap_err();
        assert!(error.contains("--group-instance-id"), "{error}");
        let other = Some((Code::InvalidProducerEpoch, "bad epoch".to_owned()));
        let error = react(fatal, other).unwrap_err();
        assert!(error.contains("cannot continue: bad epoch"), "{error}");
    }

    #[test]
    fn a_topic_was_deleted_once_kafka_has_not_known_it_for_a_while() {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(!trouble.is_topic_check_due(start));
        let unknown = consumption(RDKafkaErrorCode::UnknownTopicOrPartition);
        trouble.react(&unknown, None, start).unwrap();
        assert!(trouble.is_topic_check_due(start));
        trouble.topic_checked(Some(false), start).unwrap();
        assert!(!trouble.is_topic_check_due(after(1)) && trouble.is_topic_check_due(after(2)));
        // An outage: the time begins again.
        trouble.topic_checked(None, after(15)).unwrap();
        trouble.topic_checked(Some(false), after(34)).unwrap();
        // Another error does not restart it.
        trouble.react(&unknown, None, after(34)).unwrap();
        let error = trouble.topic_checked(Some(false), after(35)).unwrap_err();
        assert!(error.to_string().contains("was it deleted"), "{error}");
        trouble.topic_checked(Some(true), after(36)).unwrap();
        assert!(!trouble.is_topic_check_due(after(99)));
        trouble.topic_checked(Some(false), after(99)).unwrap();
    }

    #[test]
    fn a_text_is_logged_once_a_minute() {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        assert!(trouble.should_log("a", start) && trouble.should_log("b", start));
        assert!(!trouble.should_log("a", start + LOG_EVERY / 2));
        assert!(trouble.should_log("a", start + LOG_EVERY));
    }
}
