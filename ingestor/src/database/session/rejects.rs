//! The rejects of a batch: the database decides which records are rejected, and the batch has their bytes.

use std::collections::HashMap;

use super::Session;
use crate::batch::{Batch, Origin};
use crate::counts::{Rejects, Totals};
use crate::database::{DatabaseError, Reject, RejectSink};

/// Reason of an event whose id is stored with other fields. These have a count of their own.
const CONFLICTING: &str = "conflicting_duplicate";

impl Session {
    /// Adds the bytes to the rejects that the database has found in this transaction, sends all rejects to the sink, and
    /// returns their number by reason.
    pub(super) async fn keep_rejects(
        &self,
        batch: &Batch,
        totals: &Totals,
        sink: Option<&dyn RejectSink>,
    ) -> Result<Rejects, DatabaseError> {
        let kept = totals.rejected + totals.conflicting;
        // Records that were rejected before the upsert were staged with their bytes.
        let all_are_known = kept == batch.reject_count() as u64;
        if kept == 0 || (all_are_known && sink.is_none()) {
            return Ok(batch.rejects());
        }
        let of = |error| DatabaseError::of("cannot keep the bytes of rejects", &error);
        let refused = self.refused(batch).await.map_err(of)?;
        let positions = refused.keys().copied().collect();
        let unsent = batch.origins_of(&positions, false);
        if !unsent.is_empty() {
            self.add_bytes(batch.source(), &unsent).await.map_err(of)?;
        }
        if let Some(sink) = sink {
            let origins = batch.origins_of(&positions, true);
            sink.send(&mut origins.iter().filter_map(|origin| {
                let (reason, detail) = refused.get(&(origin.partition, origin.position))?;
                Some(Reject {
                    source: batch.source(),
                    origin: *origin,
                    reason,
                    detail,
                })
            }))?;
        }
        let mut rejects = Rejects::new();
        for (reason, _) in refused.into_values() {
            if reason != CONFLICTING {
                *rejects.entry(reason).or_default() += 1;
            }
        }
        Ok(rejects)
    }

    /// The rejects of this transaction: reason and detail by partition and position.
    async fn refused(
        &self,
        batch: &Batch,
    ) -> Result<HashMap<(i32, i64), (String, String)>, tokio_postgres::Error> {
        let spans = batch.position_spans();
        let partitions: Vec<i32> = spans.keys().copied().collect();
        let (first, last): (Vec<i64>, Vec<i64>) = spans.values().copied().unzip();
        let rows = self
            .client
            .query(
                &self.refused,
                &[&batch.source(), &partitions, &first, &last],
            )
            .await?;
        Ok(rows
            .iter()
            .map(|row| ((row.get(0), row.get(1)), (row.get(2), row.get(3))))
            .collect())
    }

    async fn add_bytes(
        &self,
        source: &str,
        origins: &[Origin<'_>],
    ) -> Result<(), tokio_postgres::Error> {
        let partitions: Vec<i32> = origins.iter().map(|origin| origin.partition).collect();
        let positions: Vec<i64> = origins.iter().map(|origin| origin.position).collect();
        let keys: Vec<Option<&[u8]>> = origins.iter().map(|origin| origin.key).collect();
        let payloads: Vec<Option<&[u8]>> = origins.iter().map(|origin| origin.payload).collect();
        self.client
            .execute(
                &self.set_rejected_bytes,
                &[&source, &partitions, &positions, &keys, &payloads],
            )
            .await?;
        Ok(())
    }
}
