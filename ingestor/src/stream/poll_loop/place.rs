//! Reading begins, where the ledger and the log say.

use std::time::Instant;

use rdkafka::error::KafkaError;

use super::super::metadata::Isolation;
use super::super::placement::Start;
use super::super::position::FetchPosition;
use super::PollLoop;

impl PollLoop {
    /// Once all claims are answered: decides where to begin in each claimed partition, and begins to read.
    pub(super) fn place_claimed(&mut self) -> anyhow::Result<()> {
        let is_due = self.placement.is_due(Instant::now());
        let Some(claims) = self.assignment.claims_to_place().filter(|_| is_due) else {
            return Ok(());
        };
        let mut starts = Vec::new();
        // Positions to compare with the log, each with the log's beginning.
        let mut compared = Vec::new();
        for (&partition, claim) in claims {
            self.settings.observer.beat();
            if self.placement.is_of_other_topic(claim) {
                return Err(self.placement.recreated(claims).into());
            }
            let (low, high) = match self.consumer.watermarks(partition) {
                Ok(bounds) => bounds,
                Err(error) => return self.place_later(&error),
            };
            let start = match self.placement.start(partition, claim, low, high) {
                Ok(start) => start,
                // If the topic was recreated since the run began, that is the cause, and the more useful message.
                Err(mismatch) => match self.consumer.is_other_topic_now() {
                    Ok(false) => return Err(mismatch.into()),
                    Ok(true) => return Err(self.placement.recreated(claims).into()),
                    Err(error) => return self.place_later(&error),
                },
            };
            if let Some(position) = self.placement.to_compare(partition, claim, &start) {
                compared.push((position, low));
            }
            starts.push((partition, start));
        }
        let positions: Vec<FetchPosition> =
            compared.iter().map(|(position, _)| *position).collect();
        let findings = match self.consumer.probe(&positions, Isolation::Uncommitted) {
            Ok(findings) => findings,
            Err(error) => return self.place_later(&error),
        };
        for (position, low) in compared {
            let finding = findings.get(&position.partition);
            if !self.placement.compare(position, low, finding)? {
                self.placement.retry_later(Instant::now());
                return Ok(());
            }
        }
        self.begin_reading(&starts)
    }

    fn place_later(&mut self, error: &KafkaError) -> anyhow::Result<()> {
        self.placement.retry_later(Instant::now());
        self.handle_kafka_error(error)
    }

    fn begin_reading(&mut self, starts: &[(i32, Start)]) -> anyhow::Result<()> {
        self.placement.retry_now();
        let claims = self.assignment.begin_reading();
        for (partition, start) in starts {
            let Some(claim) = claims.get(partition) else {
                continue;
            };
            if start.skipped > 0 {
                tracing::warn!(
                    partition,
                    skipped = start.skipped,
                    "skipping offsets whose records were deleted before they were read"
                );
            }
            tracing::debug!(
                partition,
                offset = start.offset,
                epoch = claim.epoch,
                "claimed"
            );
            self.settings
                .observer
                .ledger_moved(*partition, start.offset);
            let position = self.placement.begin(*partition, claim, start);
            self.batcher.begin(*partition, position, start.must_record);
        }
        self.progress.begin(self.batcher.remaining());
        let all = self.batcher.unfinished();
        let begun: Vec<FetchPosition> = all
            .iter()
            .copied()
            .filter(|position| claims.contains_key(&position.partition))
            .collect();
        self.consumer.read(&begun, &all)
    }
}
