//! Turns: several writers stage batches of one source at the same time, and store them one after the other.
//!
//! They only save time. That batches are stored in their order is the ledger's doing, which refuses any other.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Between looks whether the wait is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Gives the batches of one source their turns.
pub(crate) struct Turns {
    next: usize,
    served: Arc<watch::Sender<usize>>,
}

/// The turn of one batch.
pub(crate) struct Turn {
    number: usize,
    served: Arc<watch::Sender<usize>>,
}

impl Turns {
    pub(crate) fn new() -> Turns {
        Turns {
            next: 0,
            served: Arc::new(watch::Sender::new(0)),
        }
    }

    /// That of the next batch.
    pub(crate) fn take(&mut self) -> Turn {
        let number = self.next;
        self.next += 1;
        Turn {
            number,
            served: self.served.clone(),
        }
    }
}

impl Turn {
    /// From 0.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Waits until all batches before this one are stored; false if it is no longer wanted.
    pub(crate) async fn come(&self, is_wanted: impl Fn() -> bool) -> bool {
        let mut served = self.served.subscribe();
        while *served.borrow_and_update() < self.number {
            if !is_wanted() {
                return false;
            }
            // Neither outcome matters: it is looked again.
            let _ = tokio::time::timeout(LOOK_EVERY, served.changed()).await;
        }
        is_wanted()
    }

    /// The batch is stored: the next one may be.
    pub(crate) fn pass(&self) {
        self.served.send_replace(self.number + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[tokio::test]
    async fn turns_come_in_order_and_a_wait_can_be_given_up() {
        let mut turns = Turns::new();
        let [first, second, third] = [turns.take(), turns.take(), turns.take()];
        let order = RefCell::new(Vec::new());
        tokio::join!(
            async {
                assert!(third.come(|| true).await);
                order.borrow_mut().push(3);
            },
            async {
                assert!(second.come(|| true).await);
                order.borrow_mut().push(2);
                second.pass();
            },
            async {
                assert!(first.come(|| true).await);
                order.borrow_mut().push(1);
                first.pass();
            },
        );
        assert_eq!(*order.borrow(), [1, 2, 3]);
        assert!(!turns.take().come(|| false).await);
    }
}
