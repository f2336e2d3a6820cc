//! The partitions that the group has assigned to us, and the state of each: pure, without I/O.
//!
//! Answers to claims come late. By then the partition may have been revoked, or revoked and assigned again: such an answer
//! must neither start reading a partition that is not assigned nor start one twice.

use std::collections::BTreeMap;

use crate::database::Claim;

/// The state of an assigned partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Not claimed: it was just assigned, or another ingestor may hold it and its ledger entry is being read.
    Waiting,
    /// A claim was sent; reading has not begun.
    Claimed,
    /// The client fetches it.
    Reading,
}

#[derive(Debug, Default)]
pub(super) struct Assignment {
    /// Whether the first assignment has arrived (it may be empty).
    has_arrived: bool,
    stages: BTreeMap<i32, Stage>,
    /// Number of claims without an answer, by partition. Claims of revoked partitions count as well, because each raises
    /// the epoch.
    unanswered: BTreeMap<i32, usize>,
    claims: BTreeMap<i32, Claim>,
}

impl Assignment {
    /// Adds partitions; those that are assigned already keep their state.
    pub(super) fn add(&mut self, partitions: &[i32]) {
        self.has_arrived = true;
        for partition in partitions {
            self.stages.entry(*partition).or_insert(Stage::Waiting);
        }
    }

    /// Removes partitions, with the claims for them.
    pub(super) fn remove(&mut self, partitions: &[i32]) {
        for partition in partitions {
            self.stages.remove(partition);
            self.claims.remove(partition);
        }
    }

    /// Removes all partitions.
    pub(super) fn clear(&mut self) {
        *self = Assignment {
            has_arrived: self.has_arrived,
            ..Assignment::default()
        };
    }

    /// All partitions wait to be claimed again. Answers to earlier claims must not be recorded after this call; the caller
    /// drops them by their generation.
    pub(super) fn restart(&mut self) {
        self.unanswered.clear();
        self.claims.clear();
        for stage in self.stages.values_mut() {
            *stage = Stage::Waiting;
        }
    }

    /// Notes that the group has accepted this member without giving it a partition.
    pub(super) fn set_arrived(&mut self) {
        self.has_arrived = true;
    }

    pub(super) fn has_arrived(&self) -> bool {
        self.has_arrived
    }

    pub(super) fn partitions(&self) -> Vec<i32> {
        self.stages.keys().copied().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.stages.len()
    }

    /// Whether the partition is assigned and not claimed.
    pub(super) fn is_waiting(&self, partition: i32) -> bool {
        self.stages.get(&partition) == Some(&Stage::Waiting)
    }

    /// The partitions that are assigned and not claimed.
    pub(super) fn waiting(&self) -> Vec<i32> {
        let mut waiting = self.partitions();
        waiting.retain(|partition| self.is_waiting(*partition));
        waiting
    }

    /// Notes that claims are sent for those of the partitions that are waiting, and returns these.
    pub(super) fn begin_claims(&mut self, partitions: &[i32]) -> Vec<i32> {
        let mut to_claim = Vec::new();
        for partition in partitions {
            if let Some(stage) = self.stages.get_mut(partition)
                && *stage == Stage::Waiting
            {
                *stage = Stage::Claimed;
                *self.unanswered.entry(*partition).or_default() += 1;
                to_claim.push(*partition);
            }
        }
        to_claim
    }

    /// Records answers to claims. A partition that was revoked and assigned again gets two answers; the one with the
    /// higher epoch counts.
    pub(super) fn record_claims(&mut self, claims: Vec<(i32, Claim)>) {
        for (partition, claim) in claims {
            if let Some(count) = self.unanswered.get_mut(&partition) {
                *count -= 1;
                if *count == 0 {
                    self.unanswered.remove(&partition);
                }
            }
            let is_later = self
                .claims
                .get(&partition)
                .is_none_or(|known| known.epoch < claim.epoch);
            if is_later && self.stages.get(&partition) == Some(&Stage::Claimed) {
                self.claims.insert(partition, claim);
            }
        }
    }

    /// The claim of a partition that is not read yet.
    pub(super) fn claim(&self, partition: i32) -> Option<&Claim> {
        self.claims.get(&partition)
    }

    /// Whether all claims are answered, and their partitions are being read.
    pub(super) fn is_settled(&self) -> bool {
        self.unanswered.is_empty() && self.claims.is_empty()
    }

    /// The claims whose partitions are not read yet, once all claims are answered.
    pub(super) fn claims_to_place(&self) -> Option<&BTreeMap<i32, Claim>> {
        (self.unanswered.is_empty() && !self.claims.is_empty()).then_some(&self.claims)
    }

    /// Notes that reading begins for all claimed partitions, and returns their claims.
    pub(super) fn begin_reading(&mut self) -> BTreeMap<i32, Claim> {
        let claims = std::mem::take(&mut self.claims);
        for partition in claims.keys() {
            self.stages.insert(*partition, Stage::Reading);
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const PARTITIONS: i32 = 4;

    #[derive(Debug, Clone)]
    enum Step {
        Assign(u8),
        /// Whether the batches in flight could be stored before.
        Revoke(u8, bool),
        Fenced,
        /// The ledger entry of one more partition was read, and it is free to be claimed.
        Read(usize),
        ReadLedger(u8),
        /// One more claim is answered.
        Answer(usize),
        Place,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => any::<u8>().prop_map(Step::Assign),
            2 => (any::<u8>(), any::<bool>()).prop_map(|(set, drained)| Step::Revoke(set, drained)),
            1 => Just(Step::Fenced),
            4 => any::<usize>().prop_map(Step::Read),
            2 => any::<u8>().prop_map(Step::ReadLedger),
            6 => any::<usize>().prop_map(Step::Answer),
            4 => Just(Step::Place),
        ];
        proptest::collection::vec(step, 1..60)
    }

    fn members(set: u8) -> impl Iterator<Item = i32> {
        (0..PARTITIONS).filter(move |partition| set >> partition & 1 == 1)
    }

    /// A model of the group, the client and the ledger. Requests are answered in any order.
    #[derive(Default)]
    struct World {
        assignment: Assignment,
        assigned: BTreeSet<i32>,
        /// What the client fetches. librdkafka refuses to assign a partition twice.
        client: BTreeSet<i32>,
        epochs: BTreeMap<i32, i64>,
        claims: Vec<i32>,
        ledger_reads: Vec<i32>,
        /// Partitions that another ingestor may hold: fenced, and their entries were not read since.
        fenced: BTreeSet<i32>,
    }

    impl World {
        fn claim(&mut self, partitions: &[i32]) {
            let claims = self.assignment.begin_claims(partitions);
            for partition in &claims {
                assert!(
                    !self.fenced.contains(partition),
                    "{partition} is claimed from another ingestor"
                );
            }
            self.claims.extend(claims);
        }

        fn restart(&mut self) {
            self.assignment.restart();
            self.claims.clear();
            self.ledger_reads.clear();
            self.client.clear();
        }

        fn answer(&mut self, index: usize) {
            let partition = self.claims.remove(index);
            let epoch = self.epochs.entry(partition).or_default();
            *epoch += 1;
            let claim = Claim {
                next_offset: None,
                epoch: *epoch,
                source_identity: None,
                leader_epoch: None,
            };
            self.assignment.record_claims(vec![(partition, claim)]);
        }

        fn place(&mut self) {
            if self.assignment.claims_to_place().is_none() {
                return;
            }
            for (partition, claim) in self.assignment.begin_reading() {
                assert!(
                    self.assigned.contains(&partition),
                    "{partition} is not assigned"
                );
                assert!(self.client.insert(partition), "{partition} is read already");
                assert_eq!(
                    self.epochs[&partition], claim.epoch,
                    "a claim of our own fences us"
                );
            }
        }

        fn read_ledger(&mut self, index: usize) {
            let partition = self.ledger_reads.remove(index);
            self.fenced.remove(&partition);
            self.claim(&[partition]);
        }

        fn step(&mut self, step: &Step) {
            match *step {
                Step::Assign(set) => {
                    let fresh: Vec<i32> = members(set)
                        .filter(|partition| self.assigned.insert(*partition))
                        .collect();
                    self.assignment.add(&fresh);
                    self.claim(&fresh);
                }
                Step::Revoke(set, is_drained) => {
                    let gone: Vec<i32> = members(set)
                        .filter(|partition| self.assigned.remove(partition))
                        .collect();
                    self.assignment.remove(&gone);
                    self.fenced.retain(|partition| !gone.contains(partition));
                    if is_drained {
                        self.client.retain(|partition| !gone.contains(partition));
                    } else {
                        let waiting = self.assignment.waiting();
                        self.restart();
                        let mut claimed = self.assignment.partitions();
                        claimed.retain(|partition| !waiting.contains(partition));
                        self.claim(&claimed);
                        self.ledger_reads = waiting;
                    }
                }
                Step::Fenced => {
                    self.restart();
                    self.ledger_reads = self.assignment.partitions();
                    self.fenced = self.assigned.clone();
                }
                Step::ReadLedger(set) => {
                    let waiting = members(set).filter(|one| self.assignment.is_waiting(*one));
                    self.ledger_reads.extend(waiting);
                }
                Step::Read(index) if !self.ledger_reads.is_empty() => {
                    self.read_ledger(index % self.ledger_reads.len())
                }
                Step::Answer(index) if !self.claims.is_empty() => {
                    self.answer(index % self.claims.len());
                }
                Step::Place => self.place(),
                Step::Read(_) | Step::Answer(_) => {}
            }
        }
    }

    #[test]
    fn an_assignment_has_arrived_even_if_it_is_empty() {
        let mut assignment = Assignment::default();
        assert!(!assignment.has_arrived());
        assignment.set_arrived();
        assert!(assignment.has_arrived() && assignment.partitions().is_empty());
        let mut assignment = Assignment::default();
        assignment.add(&[1, 4, 6]);
        assert!(assignment.has_arrived() && assignment.len() == 3);
        assert_eq!(assignment.begin_claims(&[1, 2]), [1]);
        let waiting = [1, 2, 4].map(|partition| assignment.is_waiting(partition));
        assert_eq!(waiting, [false, false, true]);
        assert_eq!(assignment.waiting(), [4, 6]);
        assignment.clear();
        assert!(assignment.has_arrived() && assignment.len() == 0 && assignment.is_settled());
    }

    #[test]
    fn reading_begins_once_the_last_claim_is_answered() {
        let claim = |epoch| Claim {
            next_offset: None,
            epoch,
            source_identity: None,
            leader_epoch: None,
        };
        let mut assignment = Assignment::default();
        assert!(assignment.is_settled() && assignment.claims_to_place().is_none());
        // Revoked and assigned again before the answer to the first claim.
        assignment.add(&[5]);
        assignment.begin_claims(&[5]);
        assignment.remove(&[5]);
        assignment.add(&[5]);
        assignment.begin_claims(&[5]);
        assert!(!assignment.is_settled() && assignment.claims_to_place().is_none());
        assignment.record_claims(vec![(5, claim(1))]);
        assert!(!assignment.is_settled() && assignment.claims_to_place().is_none());
        assignment.record_claims(vec![(5, claim(2))]);
        assert!(!assignment.is_settled());
        assert_eq!(assignment.claims_to_place().unwrap()[&5].epoch, 2);
        assert_eq!(assignment.begin_reading()[&5].epoch, 2);
        assert!(assignment.is_settled() && assignment.claims_to_place().is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn after_any_steps_each_partition_is_read_exactly_once(steps in steps()) {
            let mut world = World::default();
            for step in &steps {
                world.step(step);
            }
            // In the end all requests are answered, and the ledger is read again for partitions that wait.
            while !world.claims.is_empty() {
                world.answer(0);
            }
            world.place();
            world.ledger_reads = world.assignment.partitions();
            while !world.ledger_reads.is_empty() {
                world.read_ledger(0);
            }
            while !world.claims.is_empty() {
                world.answer(0);
            }
            world.place();
            prop_assert!(world.assignment.is_settled());
            prop_assert_eq!(&world.client, &world.assigned);
            prop_assert_eq!(world.assignment.partitions(), Vec::from_iter(world.assigned));
        }
    }
}
