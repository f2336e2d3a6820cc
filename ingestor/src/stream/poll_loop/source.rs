//! Chooses the source, under which the ledger has the topic.

use std::sync::Arc;

use super::super::mismatch::LogMismatch;
use super::super::source::{is_other_topic, recreated_source_name};
use super::{PollLoop, TICK};
use crate::database::LedgerEntry;
use crate::writer::{Reply, Request};

impl PollLoop {
    /// A topic that was created again under the name of a former one is a source of its own: at the former one's offsets
    /// it has other records.
    pub(super) fn choose_source(&mut self) -> anyhow::Result<()> {
        let mut source = self.consumer.source().to_owned();
        let mut entries = self.read_entries(&source)?;
        if let Some(topic_id) = self.consumer.topic_id() {
            let mut former = entries.clone();
            former.retain(|(_, entry)| {
                is_other_topic(entry.source_identity.as_deref(), Some(topic_id))
            });
            if !former.is_empty() {
                source = recreated_source_name(&source, topic_id);
                entries = self.read_entries(&source)?;
                if !self.placement.policy().accept_recreated && entries.is_empty() {
                    return Err(LogMismatch::Recreated {
                        topic: self.consumer.topic().to_owned(),
                        next_offsets: former
                            .into_iter()
                            .map(|(partition, entry)| (partition, entry.next_offset))
                            .collect(),
                    }
                    .into());
                }
            }
        }
        let is_known = entries.iter().any(|(_, entry)| entry.next_offset.is_some());
        tracing::info!(source, owner = &*self.settings.owner, "streaming");
        let source: Arc<str> = source.into();
        self.placement.set_source(source.clone(), is_known);
        self.batcher.set_source(source, self.consumer.topic_id());
        Ok(())
    }

    /// The ledger's entries of a source; none if the run is stopped while it waits for them.
    fn read_entries(&mut self, source: &str) -> anyhow::Result<Vec<(i32, LedgerEntry)>> {
        let request = Request::ReadLedger {
            generation: self.current_generation(),
            source: source.into(),
            partitions: (0..self.consumer.partition_count()).collect(),
        };
        self.batcher.slots[0].writer.send(request);
        while !self.shutdown.is_asked() {
            self.settings.observer.beat();
            let Ok(report) = self.reports.recv_timeout(TICK) else {
                continue;
            };
            match report.reply {
                Reply::Failed(error) => return Err(error.into()),
                Reply::LedgerRead { entries, .. } => {
                    let entries = entries.into_iter();
                    return Ok(entries
                        .filter_map(|(partition, entry)| Some((partition, entry?)))
                        .collect());
                }
                _ => {}
            }
        }
        Ok(Vec::new())
    }
}
