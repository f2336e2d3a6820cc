//! Which partitions are ours to read, and what each of them waits for: the one place that knows it, without I/O.
//!
//! Answers come late. A partition may have been taken away when one comes, or may have been given to us anew and be
//! claimed again: such an answer must not begin to read what is not ours, or what is being read already.

use std::collections::BTreeMap;

use crate::database::Claim;

/// What is known of a partition that is ours to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Given to us; or another ingestor may hold it, and its holder is being looked up.
    Waiting,
    /// Being claimed, or claimed and not yet read.
    Claimed,
    /// Read by the client.
    Reading,
}

#[derive(Debug, Default)]
pub(super) struct Holdings {
    stages: BTreeMap<i32, Stage>,
    /// Claims without an answer yet, also those of partitions that were taken away meanwhile: each raises the epoch.
    unanswered: BTreeMap<i32, usize>,
    claims: BTreeMap<i32, Claim>,
}

impl Holdings {
    /// Takes partitions on; those that are ours already stay as they are.
    pub(super) fn give(&mut self, partitions: &[i32]) {
        for partition in partitions {
            self.stages.entry(*partition).or_insert(Stage::Waiting);
        }
    }

    /// Forgets partitions, and what they wait for.
    pub(super) fn take_away(&mut self, partitions: &[i32]) {
        for partition in partitions {
            self.stages.remove(partition);
            self.claims.remove(partition);
        }
    }

    /// Nothing is read any more, and no answer to earlier questions will be heard.
    pub(super) fn restart(&mut self) {
        self.unanswered.clear();
        self.claims.clear();
        for stage in self.stages.values_mut() {
            *stage = Stage::Waiting;
        }
    }

    pub(super) fn partitions(&self) -> Vec<i32> {
        self.stages.keys().copied().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.stages.len()
    }

    /// Whether it matters who holds a partition in the ledger.
    pub(super) fn is_waiting(&self, partition: i32) -> bool {
        self.stages.get(&partition) == Some(&Stage::Waiting)
    }

    /// Notes that claims are sent for those of the partitions that wait; returns these.
    pub(super) fn claim(&mut self, partitions: &[i32]) -> Vec<i32> {
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

    /// Takes answers to claims. A partition that was taken away and came back has two, of which the later counts.
    pub(super) fn answered(&mut self, claims: Vec<(i32, Claim)>) {
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

    /// Whether no claim is without an answer or waits to be read.
    pub(super) fn is_settled(&self) -> bool {
        self.unanswered.is_empty() && self.claims.is_empty()
    }

    /// What was claimed and is not read yet, once all claims have their answer.
    pub(super) fn claimed(&self) -> Option<&BTreeMap<i32, Claim>> {
        (self.unanswered.is_empty() && !self.claims.is_empty()).then_some(&self.claims)
    }

    /// Notes that all that was claimed is read from now on; returns it.
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
        /// Whether what was under way could be stored before.
        Revoke(u8, bool),
        Fenced,
        /// The holder of one more partition is known: it is ours to claim.
        Seen(usize),
        LookAgain(u8),
        /// One more claim is answered.
        Answer(usize),
        Place,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => any::<u8>().prop_map(Step::Assign),
            2 => (any::<u8>(), any::<bool>()).prop_map(|(set, drained)| Step::Revoke(set, drained)),
            1 => Just(Step::Fenced),
            4 => any::<usize>().prop_map(Step::Seen),
            2 => any::<u8>().prop_map(Step::LookAgain),
            6 => any::<usize>().prop_map(Step::Answer),
            4 => Just(Step::Place),
        ];
        proptest::collection::vec(step, 1..60)
    }

    fn members(set: u8) -> impl Iterator<Item = i32> {
        (0..PARTITIONS).filter(move |partition| set >> partition & 1 == 1)
    }

    /// The group, the client and the ledger, as simple as they can be; questions are answered in any order.
    #[derive(Default)]
    struct World {
        holdings: Holdings,
        ours: BTreeSet<i32>,
        /// What the client reads: it refuses a partition twice, as librdkafka does.
        client: BTreeSet<i32>,
        epochs: BTreeMap<i32, i64>,
        claims: Vec<i32>,
        looks: Vec<i32>,
    }

    impl World {
        fn claim(&mut self, partitions: &[i32]) {
            self.claims.extend(self.holdings.claim(partitions));
        }

        fn restart(&mut self) {
            self.holdings.restart();
            self.claims.clear();
            self.looks.clear();
            self.client.clear();
        }

        fn answer(&mut self, index: usize) {
            let partition = self.claims.remove(index);
            let epoch = self.epochs.entry(partition).or_default();
            *epoch += 1;
            let claim = Claim {
                next_offset: None,
                epoch: *epoch,
                checksum: None,
                leader_epoch: None,
            };
            self.holdings.answered(vec![(partition, claim)]);
        }

        fn place(&mut self) {
            if self.holdings.claimed().is_none() {
                return;
            }
            for (partition, claim) in self.holdings.begin_reading() {
                assert!(self.ours.contains(&partition), "{partition} is not ours");
                assert!(self.client.insert(partition), "{partition} is read already");
                assert_eq!(
                    self.epochs[&partition], claim.epoch,
                    "a claim of our own fences us"
                );
            }
        }

        fn see(&mut self, index: usize) {
            let partition = self.looks.remove(index);
            self.claim(&[partition]);
        }

        fn step(&mut self, step: &Step) {
            match *step {
                Step::Assign(set) => {
                    let fresh: Vec<i32> = members(set)
                        .filter(|partition| self.ours.insert(*partition))
                        .collect();
                    self.holdings.give(&fresh);
                    self.claim(&fresh);
                }
                Step::Revoke(set, is_drained) => {
                    let gone: Vec<i32> = members(set)
                        .filter(|partition| self.ours.remove(partition))
                        .collect();
                    self.holdings.take_away(&gone);
                    if is_drained {
                        self.client.retain(|partition| !gone.contains(partition));
                    } else {
                        self.restart();
                        self.claim(&self.holdings.partitions());
                    }
                }
                Step::Fenced => {
                    self.restart();
                    self.looks = self.holdings.partitions();
                }
                Step::LookAgain(set) => {
                    let waiting = members(set).filter(|one| self.holdings.is_waiting(*one));
                    self.looks.extend(waiting);
                }
                Step::Seen(index) if !self.looks.is_empty() => self.see(index % self.looks.len()),
                Step::Answer(index) if !self.claims.is_empty() => {
                    self.answer(index % self.claims.len());
                }
                Step::Place => self.place(),
                Step::Seen(_) | Step::Answer(_) => {}
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn whatever_comes_in_whatever_order_a_partition_is_read_once_and_in_the_end(steps in steps()) {
            let mut world = World::default();
            for step in &steps {
                world.step(step);
            }
            // All is answered in the end, and those that stand by are looked at again.
            while !world.claims.is_empty() {
                world.answer(0);
            }
            world.place();
            world.looks = world.holdings.partitions();
            while !world.looks.is_empty() {
                world.see(0);
            }
            while !world.claims.is_empty() {
                world.answer(0);
            }
            world.place();
            prop_assert!(world.holdings.is_settled());
            prop_assert_eq!(&world.client, &world.ours);
            prop_assert_eq!(world.holdings.partitions(), Vec::from_iter(world.ours));
        }
    }
}
