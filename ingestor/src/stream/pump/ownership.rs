//! Which partitions are ours: claimed, placed, given up, taken back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::super::group::GroupEvent;
use super::super::holdings::Holdings;
use super::super::position::{
    From, Misfit, Place, Policy, Position, is_another, place, renewed_source,
};
use super::super::probe::{Finding, Visibility};
use super::super::takeover::Verdict;
use super::Pump;
use crate::database::Holder;
use crate::writer::{News, Order};

/// Between attempts to ask Kafka for the bounds of its logs.
const PLACE_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Between looks at partitions that another ingestor holds.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long giving partitions up may take when a run ends.
const RELEASE_WITHIN: Duration = Duration::from_secs(2);

impl Pump {
    /// Finds the name that this very topic has in the ledger: one that was made anew under an old name has its own.
    pub(super) fn choose_source(&mut self) -> anyhow::Result<()> {
        let mut source = self.settings.source.to_string();
        let mut rows = self.rows(&source)?;
        if let Some(topic_id) = self.consumer.topic_id() {
            let mut former = rows.clone();
            former.retain(|(_, row)| is_another(row.checksum.as_deref(), Some(topic_id)));
            if !former.is_empty() {
                let renewed = renewed_source(&source, topic_id);
                rows = self.rows(&renewed)?;
                if !self.settings.policy.accept_recreated && rows.is_empty() {
                    let next_offset =
                        |(partition, row): (i32, Holder)| (partition, row.next_offset);
                    return Err(Misfit::Recreated {
                        topic: self.consumer.topic().to_owned(),
                        next_offsets: former.into_iter().map(next_offset).collect(),
                    }
                    .into());
                }
                source = renewed;
            }
        }
        self.is_source_known = rows.iter().any(|(_, row)| row.next_offset.is_some());
        tracing::info!(source, owner = &*self.settings.owner, "streaming");
        self.settings.source = source.into();
        let source = self.settings.source.clone();
        self.intake.set_source(source, self.consumer.topic_id());
        Ok(())
    }

    /// What the ledger has of a source.
    fn rows(&mut self, source: &str) -> anyhow::Result<Vec<(i32, Holder)>> {
        let order = Order::Look {
            generation: self.generation.load(Ordering::Acquire),
            source: source.into(),
            partitions: (0..self.consumer.partition_count()).collect(),
        };
        self.intake.lanes[0].writer.order(order);
        while !self.shutdown.is_asked() {
            self.settings.observer.beat();
            let Ok(report) = self.reports.recv_timeout(super::TICK) else {
                continue;
            };
            match report.news {
                News::Failed(error) => return Err(error.into()),
                News::Seen { holders, .. } => {
                    let known = holders.into_iter();
                    return Ok(known
                        .filter_map(|(partition, holder)| Some((partition, holder?)))
                        .collect());
                }
                _ => {}
            }
        }
        Ok(Vec::new())
    }

    pub(super) fn answer_group(&mut self) -> anyhow::Result<()> {
        for event in self.consumer.group_events() {
            self.settings.observer.rebalanced();
            match event {
                GroupEvent::Assign(partitions) => self.take_on(partitions)?,
                GroupEvent::Revoke(partitions) => self.hand_over(partitions)?,
            }
        }
        Ok(())
    }

    fn take_on(&mut self, partitions: Vec<i32>) -> anyhow::Result<()> {
        tracing::info!(?partitions, "the group gave us partitions");
        self.has_joined = true;
        if !self.consumer.is_cooperative() {
            self.next_generation();
            self.holdings = Holdings::default();
        }
        self.consumer.accept()?;
        self.holdings.give(&partitions);
        self.claim(&partitions);
        Ok(())
    }

    fn hand_over(&mut self, partitions: Vec<i32>) -> anyhow::Result<()> {
        let is_lost = self.consumer.is_assignment_lost();
        tracing::info!(?partitions, is_lost, "the group takes our partitions back");
        let patience = self
            .settings
            .drain_timeout
            .min(self.consumer.poll_within() / 2);
        let is_drained = !is_lost && self.drain(patience)?;
        if !is_lost && !is_drained {
            tracing::warn!("not all could be stored in time; whoever reads next reads it again");
        }
        self.copy_offsets(!is_lost);
        self.holdings.take_away(&partitions);
        for partition in &partitions {
            self.settings.observer.gave_up(*partition);
        }
        self.stored
            .retain(|partition, _| !partitions.contains(partition));
        if is_drained && self.consumer.is_cooperative() {
            // Nothing is under way: the others go on as if nothing had happened.
            for partition in &partitions {
                self.intake.give_up(*partition);
                self.standby.forget(*partition);
            }
            return self.consumer.give_back(&partitions);
        }
        self.next_generation();
        self.consumer.give_back(&partitions)?;
        if self.consumer.is_cooperative() {
            // What was under way of those that stay ours is read again.
            self.consumer.stop_reading()?;
            self.claim(&self.holdings.partitions());
        }
        Ok(())
    }

    /// Has those of the partitions claimed that wait for it, each by the writer it is bound to.
    pub(super) fn claim(&mut self, partitions: &[i32]) {
        let partitions = self.holdings.claim(partitions);
        self.order(partitions, |generation, source, partitions| Order::Claim {
            generation,
            source,
            partitions,
        });
    }

    fn look(&mut self, partitions: Vec<i32>) {
        self.order(partitions, |generation, source, partitions| Order::Look {
            generation,
            source,
            partitions,
        });
    }

    /// Orders of each writer what is to be done about those of the partitions that are bound to it.
    fn order(&mut self, partitions: Vec<i32>, to_do: impl Fn(u64, Arc<str>, Vec<i32>) -> Order) {
        let mut by_lane: BTreeMap<usize, Vec<i32>> = BTreeMap::new();
        for partition in partitions {
            by_lane
                .entry(self.intake.bind(partition))
                .or_default()
                .push(partition);
        }
        let generation = self.generation.load(Ordering::Acquire);
        for (lane, partitions) in by_lane {
            let order = to_do(generation, self.settings.source.clone(), partitions);
            self.intake.lanes[lane].writer.order(order);
        }
    }

    /// Gives our partitions up, if the database answers soon: without it they count as idle after a while, too.
    pub(super) fn release(&mut self) {
        let generation = self.generation.load(Ordering::Acquire);
        let mut waiting = 0;
        for partition in self.intake.partitions() {
            let Some(epoch) = self.epochs.get(&partition).copied() else {
                continue;
            };
            let lane = self.intake.bind(partition);
            self.intake.lanes[lane].writer.order(Order::Release {
                generation,
                source: self.settings.source.clone(),
                partition,
                epoch,
            });
            waiting += 1;
        }
        let deadline = Instant::now() + RELEASE_WITHIN;
        while waiting > 0 && Instant::now() < deadline {
            match self.reports.recv_timeout(super::TICK) {
                Ok(report) => match report.news {
                    News::Released => waiting -= 1,
                    News::Failed(error) => return tracing::warn!("{error}"),
                    _ => {}
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Once all claims are there: begins to read where they say.
    pub(super) fn place_claimed(&mut self) -> anyhow::Result<()> {
        let is_early = self.place_at.is_some_and(|at| Instant::now() < at);
        let Some(claims) = self.holdings.claimed().filter(|_| !is_early) else {
            return Ok(());
        };
        // Partitions that are read already were of the former topic, too; their claims are not among these.
        let mut next_offsets = self.next_offsets.clone();
        next_offsets.extend(
            claims
                .iter()
                .map(|(partition, claim)| (*partition, claim.next_offset)),
        );
        let recreated = || Misfit::Recreated {
            topic: self.consumer.topic().to_owned(),
            next_offsets: next_offsets.clone(),
        };
        let mut starts = Vec::new();
        // Where the ledger goes on, with the beginning of the log.
        let mut known = Vec::new();
        for (partition, claim) in claims {
            self.settings.observer.beat();
            if is_another(claim.checksum.as_deref(), self.consumer.topic_id()) {
                return Err(recreated().into());
            }
            let (low, high) = match self.consumer.watermarks(*partition) {
                Ok(bounds) => bounds,
                Err(error) => {
                    self.place_at = Some(Instant::now() + PLACE_AGAIN_AFTER);
                    return self.bear(&error);
                }
            };
            let policy = self.policy_for(*partition);
            let source = &self.settings.source;
            match place(source, *partition, claim.next_offset, low, high, policy) {
                Ok(start) => {
                    starts.push((*partition, start));
                    if claim.leader_epoch.is_some() && claim.next_offset == Some(start.offset) {
                        let place = Place {
                            partition: *partition,
                            offset: start.offset,
                            leader_epoch: claim.leader_epoch,
                        };
                        known.push((place, low));
                    }
                }
                Err(misfit) => match self.consumer.is_another_now() {
                    Ok(false) => return Err(misfit.into()),
                    // Made anew since the run began, which says more.
                    Ok(true) => return Err(recreated().into()),
                    Err(error) => {
                        self.place_at = Some(Instant::now() + PLACE_AGAIN_AFTER);
                        return self.bear(&error);
                    }
                },
            }
        }
        let places: Vec<Place> = known.iter().map(|(place, _)| *place).collect();
        let findings = match self.consumer.look(&places, Visibility::Uncommitted) {
            Ok(findings) => findings,
            Err(error) => {
                self.place_at = Some(Instant::now() + PLACE_AGAIN_AFTER);
                return self.bear(&error);
            }
        };
        for (place, low) in known {
            match findings.get(&place.partition) {
                Some(Finding::Truncated { end }) => {
                    return Err(Misfit::Truncated {
                        source_name: self.settings.source.to_string(),
                        partition: place.partition,
                        next_offset: place.offset,
                        end: end.unwrap_or(low).max(low),
                    }
                    .into());
                }
                // Its bounds have changed since they were asked for.
                Some(Finding::Absent) => {
                    self.place_at = Some(Instant::now() + PLACE_AGAIN_AFTER);
                    return Ok(());
                }
                Some(Finding::Record(_) | Finding::End(_)) | None => {}
            }
        }
        self.place_at = None;
        let claims = self.holdings.begin_reading();
        let placed: Vec<i32> = starts.iter().map(|(partition, _)| *partition).collect();
        for ((partition, claim), (_, start)) in claims.into_iter().zip(starts) {
            if start.skipped > 0 {
                tracing::warn!(
                    partition,
                    skipped = start.skipped,
                    "offsets that were deleted unread are skipped"
                );
            }
            tracing::debug!(
                partition,
                offset = start.offset,
                epoch = claim.epoch,
                "claimed"
            );
            self.settings.observer.moved(partition, start.offset);
            self.epochs.insert(partition, claim.epoch);
            self.next_offsets.insert(partition, claim.next_offset);
            let end = self.ends.get(&partition).copied();
            let position = Position {
                epoch: claim.epoch,
                leader_epoch: claim
                    .leader_epoch
                    .filter(|_| claim.next_offset == Some(start.offset)),
                ledger: claim.next_offset,
                next: start.offset,
                end,
            };
            self.intake.place(partition, position, start.must_record);
        }
        self.offsets_to_read.get_or_insert(self.intake.remaining());
        let all = self.intake.unfinished();
        let fresh: Vec<Place> = all
            .iter()
            .copied()
            .filter(|place| placed.contains(&place.partition))
            .collect();
        self.consumer.read(&fresh, &all)
    }

    /// `--from` is for topics that are new to the ledger. A partition that was added to a known topic, whether an
    /// ingestor was running or not, is read from its beginning: its records were never skipped on purpose.
    fn policy_for(&self, partition: i32) -> Policy {
        let policy = self.settings.policy;
        let was_added = partition >= self.consumer.partition_count();
        if !self.is_source_known && !was_added {
            return policy;
        }
        Policy {
            from: From::Earliest,
            ..policy
        }
    }

    /// The ledger has moved without us: looks who holds our partitions.
    pub(super) fn look_again(&mut self) -> anyhow::Result<()> {
        self.next_generation();
        self.consumer.stop_reading()?;
        self.look(self.holdings.partitions());
        Ok(())
    }

    pub(super) fn look_at_standby(&mut self) {
        if self.look_at.is_some_and(|at| Instant::now() >= at) {
            self.look_at = None;
            self.look(self.standby.partitions());
        }
    }

    pub(super) fn judge(&mut self, holders: Vec<(i32, Option<Holder>)>) -> anyhow::Result<()> {
        let mut ours = Vec::new();
        for (partition, holder) in holders {
            // It may have been given up since the question, or given to us anew.
            if !self.holdings.is_waiting(partition) {
                continue;
            }
            let our_epoch = self.epochs.get(&partition).copied().unwrap_or_default();
            let was_standing_by = self.standby.partitions().contains(&partition);
            let owner = &self.settings.owner;
            let verdict =
                self.standby
                    .judge(partition, holder.as_ref(), owner, our_epoch, Instant::now());
            let other = holder.map(|holder| holder.owner).unwrap_or_default();
            match verdict {
                Verdict::Claim => ours.push(partition),
                Verdict::Alive if self.consumer.is_bounded() => {
                    bail!("partition {partition} was taken over by another ingestor, {other}");
                }
                Verdict::StandBy | Verdict::Alive if !was_standing_by => {
                    self.settings.observer.gave_up(partition);
                    tracing::warn!(
                        partition,
                        owner = other,
                        "another ingestor holds the partition: standing by"
                    );
                }
                Verdict::StandBy | Verdict::Alive => {}
            }
        }
        if !self.standby.is_empty() {
            self.look_at = Some(Instant::now() + LOOK_EVERY);
        }
        self.claim(&ours);
        Ok(())
    }
}
