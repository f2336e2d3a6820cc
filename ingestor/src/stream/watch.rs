//! Looks at the topic from outside, while the loop is busy with its records: the ends of the logs, from which the true
//! lag is told, and whether it is still the same topic.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::Context;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use super::topic_id;
use crate::args::{self, KafkaArgs};
use crate::monitor::Observer;

const LOOK_EVERY: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A running look-out; ends when it is dropped.
pub(super) struct Watch {
    _stop: mpsc::Sender<()>,
    recreated: mpsc::Receiver<()>,
}

impl Watch {
    /// Starts on a thread and with a client of its own.
    pub(super) fn start(
        args: &KafkaArgs,
        topic: &str,
        topic_id: Option<[u8; 16]>,
        observer: Observer,
    ) -> anyhow::Result<Watch> {
        let mut config = args.client_config();
        config.set("topic.metadata.refresh.interval.ms", "-1");
        let mut config = args.finish(config);
        // It is no member of a group.
        config.remove("group.instance.id");
        let client: BaseConsumer = config.create().map_err(args::refused)?;
        let (stop, stopped) = mpsc::channel();
        let (sender, recreated) = mpsc::channel();
        let topic = topic.to_owned();
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                    for partition in observer.partitions() {
                        if let Ok((_, end)) =
                            client.fetch_watermarks(&topic, partition, ANSWER_WITHIN)
                        {
                            observer.seen_end(partition, end);
                        }
                    }
                    let now =
                        topic_id.and_then(|_| topic_id::of(client.client(), &topic, ANSWER_WITHIN));
                    if now.is_some() && now != topic_id && sender.send(()).is_err() {
                        return;
                    }
                }
            })
            .context("cannot start to watch the topic")?;
        Ok(Watch {
            _stop: stop,
            recreated,
        })
    }

    /// Whether there is another topic of the same name now.
    pub(super) fn has_seen_another(&self) -> bool {
        self.recreated.try_recv().is_ok()
    }
}
