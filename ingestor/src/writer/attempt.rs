//! One attempt to store a batch, and how a commit in doubt is resolved: one whose answer was lost, on the way or in a pooler.

use super::{Ticket, WriterConfig};
use crate::batch::{Batch, Span};
use crate::counts::Stored;
use crate::database::{Class, DatabaseError, LedgerEntry, RejectSink, Session};

/// Tries once to store a batch; `None`: it was cancelled while it waited for its ticket. `in_doubt` has the counts of an
/// earlier attempt whose commit is in doubt.
pub(super) async fn attempt(
    session: &mut Session,
    batch: &Batch,
    ticket: Option<&Ticket>,
    is_wanted: impl Fn() -> bool,
    in_doubt: &mut Option<Stored>,
    config: &WriterConfig,
) -> Result<Option<Stored>, DatabaseError> {
    if let Some(stored) = resolve(session, batch, in_doubt.as_ref(), config).await? {
        return Ok(Some(stored));
    }
    session.stage(batch).await?;
    if let Some(ticket) = ticket
        && !session.wait_until(ticket.wait(is_wanted)).await?
    {
        return Ok(None);
    }
    let dead_letters = config.dead_letters.as_ref();
    let sink = dead_letters.map(|letters| letters as &dyn RejectSink);
    let failure = match session.store(batch, sink).await {
        Ok(stored) => {
            count_as_not_stored(in_doubt.take(), config);
            return Ok(Some(stored));
        }
        Err(failure) => failure,
    };
    if failure.maybe_stored.is_some() {
        // The ledger has accepted this attempt, so an earlier one was not stored.
        count_as_not_stored(in_doubt.take(), config);
        *in_doubt = failure.maybe_stored;
    }
    if failure.error.class() == Class::Fenced {
        // The commit in doubt may have succeeded after the ledger was read: then it is what fences this attempt.
        if let Some(stored) = resolve(session, batch, in_doubt.as_ref(), config).await? {
            return Ok(Some(stored));
        }
        count_as_not_stored(in_doubt.take(), config);
    }
    Err(failure.error)
}

/// Counts a commit in doubt whose outcome is certain. Not after each read of the ledger: the commit may still be in
/// progress, and further attempts read the ledger again.
fn count_as_not_stored(in_doubt: Option<Stored>, config: &WriterConfig) {
    if in_doubt.is_some() {
        config.observer.commit_resolved(false);
    }
}

/// Reads the ledger to find out whether the commit in doubt succeeded; its counts, if so.
async fn resolve(
    session: &Session,
    batch: &Batch,
    in_doubt: Option<&Stored>,
    config: &WriterConfig,
) -> Result<Option<Stored>, DatabaseError> {
    // One transaction moves all partitions or none, so one of them is enough.
    let (Some(stored), Some(span)) = (in_doubt, batch.spans().first()) else {
        return Ok(None);
    };
    let entry = session.ledger_entry(batch.source(), span.partition).await?;
    if !was_stored(span, entry.as_ref(), &config.owner) {
        return Ok(None);
    }
    config.observer.commit_resolved(true);
    tracing::info!("the batch whose commit got no answer was stored");
    Ok(Some(stored.clone()))
}

fn was_stored(span: &Span, entry: Option<&LedgerEntry>, owner: &str) -> bool {
    // A span that moves nothing leaves no trace in the ledger; it can be written again without harm.
    span.from != Some(span.to)
        && entry.is_some_and(|entry| {
            entry.next_offset == Some(span.to) && entry.epoch == span.epoch && entry.owner == owner
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_in_doubt_is_resolved_by_the_ledger() {
        let span = Span {
            partition: 0,
            from: Some(5),
            to: 9,
            epoch: 3,
            source_identity: None,
            leader_epoch: None,
        };
        let entry = |next_offset, epoch, owner: &str| LedgerEntry {
            next_offset,
            epoch,
            owner: owner.to_owned(),
            source_identity: None,
        };
        assert!(was_stored(&span, Some(&entry(Some(9), 3, "me")), "me"));
        assert!(!was_stored(&span, Some(&entry(Some(5), 3, "me")), "me"));
        assert!(!was_stored(&span, Some(&entry(Some(9), 4, "me")), "me"));
        assert!(!was_stored(&span, Some(&entry(Some(9), 3, "you")), "me"));
        assert!(!was_stored(&span, None, "me"));
        let still = Span {
            from: Some(9),
            ..span
        };
        assert!(!was_stored(&still, Some(&entry(Some(9), 3, "me")), "me"));
    }
}
