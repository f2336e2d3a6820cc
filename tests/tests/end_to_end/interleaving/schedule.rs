//! Interleavings of steps.

/// Chooses the order of the steps of one run after the other, depth first, so that each interleaving occurs once.
///
/// A blocked session takes no step until another one unblocks it. So an interleaving is a sequence of steps that ready
/// sessions take; a step asked of a blocked session would only repeat the interleaving in which it is asked for later.
#[derive(Default)]
pub(super) struct Schedule {
    /// The choices of the current run, and after them those of the last run.
    choices: Vec<Choice>,
    /// How many choices of the current run were made.
    made: usize,
}

struct Choice {
    ready: Vec<usize>,
    /// Index in `ready`.
    chosen: usize,
}

impl Schedule {
    /// The session that takes the next step, of the ones that are ready.
    pub(super) fn choose(&mut self, ready: &[usize]) -> usize {
        let known = self.choices.get(self.made);
        // Other sessions than last time are ready if one commit unblocked two, and the other of them was faster: the order
        // of the rest is chosen anew.
        if known.is_none_or(|choice| choice.ready != ready) {
            self.choices.truncate(self.made);
            self.choices.push(Choice {
                ready: ready.to_vec(),
                chosen: 0,
            });
        }
        let choice = &self.choices[self.made];
        self.made += 1;
        choice.ready[choice.chosen]
    }

    /// Ends a run; whether another one is left.
    pub(super) fn advance(&mut self) -> bool {
        self.choices.truncate(self.made);
        self.made = 0;
        while let Some(last) = self.choices.last_mut() {
            last.chosen += 1;
            if last.chosen < last.ready.len() {
                return true;
            }
            self.choices.pop();
        }
        false
    }
}

/// All interleavings of sessions with two steps each. If `excludes`, the first step of a session waits until no other session
/// is between its steps.
#[cfg(test)]
fn interleavings(sessions: usize, excludes: bool) -> Vec<Vec<usize>> {
    let mut schedule = Schedule::default();
    let mut all = Vec::new();
    loop {
        let mut order: Vec<usize> = Vec::new();
        loop {
            let taken = |session| order.iter().filter(|&&other| other == session).count();
            let holder = (0..sessions).find(|&session| taken(session) == 1);
            let is_ready = |&session: &usize| match holder {
                Some(holder) if excludes => session == holder,
                _ => taken(session) < 2,
            };
            let ready: Vec<usize> = (0..sessions).filter(is_ready).collect();
            if ready.is_empty() {
                break;
            }
            order.push(schedule.choose(&ready));
        }
        all.push(order);
        if !schedule.advance() {
            return all;
        }
    }
}

#[test]
fn each_interleaving_occurs_once() {
    for (sessions, excludes, expected) in [(2, false, 6), (3, false, 90), (3, true, 6)] {
        let orders = interleavings(sessions, excludes);
        let distinct: std::collections::BTreeSet<_> = orders.iter().collect();
        assert_eq!((orders.len(), distinct.len()), (expected, expected));
    }
    assert_eq!(interleavings(2, true), [[0, 0, 1, 1], [1, 1, 0, 0]]);
}

#[test]
fn a_run_in_which_other_sessions_are_ready_continues_with_one_of_them() {
    let mut schedule = Schedule::default();
    assert_eq!([schedule.choose(&[0, 1]), schedule.choose(&[0, 1])], [0, 0]);
    assert!(schedule.advance());
    assert_eq!([schedule.choose(&[0, 1]), schedule.choose(&[2])], [0, 2]);
    assert!(schedule.advance(), "the second session may begin");
    assert_eq!(schedule.choose(&[0, 1]), 1);
    assert!(!schedule.advance());
}
