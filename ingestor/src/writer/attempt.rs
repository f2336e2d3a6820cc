//! One attempt at a batch, and what is known of it when its commit got no answer.

use super::{Turn, WriterConfig};
use crate::batch::{Batch, Span};
use crate::counts::Stored;
use crate::database::{Class, DatabaseError, Holder, Session};

/// Tries once to store a batch; `None`: it is no longer wanted, by what [`Turn::come`] asks while it waits for its turn.
/// `doubt` is what it came to in an attempt whose commit got no answer.
pub(super) async fn attempt(
    session: &mut Session,
    batch: &Batch,
    turn: Option<&Turn>,
    is_wanted: impl Fn() -> bool,
    doubt: &mut Option<Stored>,
    config: &WriterConfig,
) -> Result<Option<Stored>, DatabaseError> {
    if let Some(stored) = settle(session, batch, doubt.as_ref(), config).await? {
        return Ok(Some(stored));
    }
    session.stage(batch).await?;
    if let Some(turn) = turn
        && !session.wait_until(turn.come(is_wanted)).await?
    {
        return Ok(None);
    }
    let failure = match session.store(batch, config.dead_letters.as_ref()).await {
        Ok(stored) => return Ok(Some(stored)),
        Err(failure) => failure,
    };
    if failure.maybe_stored.is_some() {
        *doubt = failure.maybe_stored;
    }
    // That commit may still have been under way when the ledger was read: then it is what fences us.
    if failure.error.class() == Class::Fenced
        && let Some(stored) = settle(session, batch, doubt.as_ref(), config).await?
    {
        return Ok(Some(stored));
    }
    Err(failure.error)
}

/// Looks whether a batch was stored whose commit got no answer: what it came to, if so.
async fn settle(
    session: &Session,
    batch: &Batch,
    doubt: Option<&Stored>,
    config: &WriterConfig,
) -> Result<Option<Stored>, DatabaseError> {
    // One transaction moved all partitions or none: any of them tells.
    let (Some(stored), Some(span)) = (doubt, batch.spans().first()) else {
        return Ok(None);
    };
    let holder = session.holder(batch.source(), span.partition).await?;
    let was_stored = was_stored(span, holder.as_ref(), &config.owner);
    config.observer.doubt_settled(was_stored);
    if !was_stored {
        return Ok(None);
    }
    tracing::info!("the batch whose commit got no answer was stored");
    Ok(Some(stored.clone()))
}

fn was_stored(span: &Span, holder: Option<&Holder>, owner: &str) -> bool {
    // A span that moves nothing looks the same before and after: write it again.
    span.from != Some(span.to)
        && holder.is_some_and(|holder| {
            holder.next_offset == Some(span.to)
                && holder.epoch == span.epoch
                && holder.owner == owner
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_without_answer_is_settled_by_the_ledger() {
        let span = Span {
            partition: 0,
            from: Some(5),
            to: 9,
            epoch: 3,
            checksum: None,
            leader_epoch: None,
        };
        let holder = |next_offset, epoch, owner: &str| Holder {
            next_offset,
            epoch,
            owner: owner.to_owned(),
            checksum: None,
        };
        assert!(was_stored(&span, Some(&holder(Some(9), 3, "me")), "me"));
        assert!(!was_stored(&span, Some(&holder(Some(5), 3, "me")), "me"));
        assert!(!was_stored(&span, Some(&holder(Some(9), 4, "me")), "me"));
        assert!(!was_stored(&span, Some(&holder(Some(9), 3, "you")), "me"));
        assert!(!was_stored(&span, None, "me"));
        let still = Span {
            from: Some(9),
            ..span
        };
        assert!(!was_stored(&still, Some(&holder(Some(9), 3, "me")), "me"));
    }
}
