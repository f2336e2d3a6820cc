//! Tickets: several writers stage batches of one source at the same time, and store them in order.
//!
//! Tickets only avoid failed attempts. The order itself is enforced by the ledger, which fences a batch that comes early.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Time between two checks whether the wait was cancelled.
const CHECK_EVERY: Duration = Duration::from_millis(50);

/// Issues the tickets of one source.
pub(crate) struct Tickets {
    next: usize,
    served: Arc<watch::Sender<usize>>,
}

/// The place of one batch in the order.
pub(crate) struct Ticket {
    number: usize,
    served: Arc<watch::Sender<usize>>,
}

impl Tickets {
    pub(crate) fn new() -> Tickets {
        Tickets {
            next: 0,
            served: Arc::new(watch::Sender::new(0)),
        }
    }

    /// The ticket of the next batch.
    pub(crate) fn issue(&mut self) -> Ticket {
        let number = self.next;
        self.next += 1;
        Ticket {
            number,
            served: self.served.clone(),
        }
    }
}

impl Ticket {
    /// Counted from 0.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Waits until all batches before this one are stored; false if it was cancelled.
    pub(crate) async fn wait(&self, is_wanted: impl Fn() -> bool) -> bool {
        let mut served = self.served.subscribe();
        while *served.borrow_and_update() < self.number {
            if !is_wanted() {
                return false;
            }
            // Either outcome leads to another check.
            let _ = tokio::time::timeout(CHECK_EVERY, served.changed()).await;
        }
        is_wanted()
    }

    /// The batch is stored: admits the next one.
    pub(crate) fn pass(&self) {
        self.served.send_replace(self.number + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[tokio::test]
    async fn tickets_are_served_in_order_and_a_wait_can_be_cancelled() {
        let mut tickets = Tickets::new();
        let [first, second, third] = [tickets.issue(), tickets.issue(), tickets.issue()];
        let order = RefCell::new(Vec::new());
        tokio::join!(
            async {
                assert!(third.wait(|| true).await);
                order.borrow_mut().push(3);
            },
            async {
                assert!(second.wait(|| true).await);
                order.borrow_mut().push(2);
                second.pass();
            },
            async {
                assert!(first.wait(|| true).await);
                order.borrow_mut().push(1);
                first.pass();
            },
        );
        assert_eq!(*order.borrow(), [1, 2, 3]);
        assert!(!tickets.issue().wait(|| false).await);
    }
}
