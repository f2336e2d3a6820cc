//! Rows of a batch that are not stored as events, and how they move to `rejected_events`.

use std::borrow::Cow;

use musicstream_event::Rejection;
use pgrx::pg_sys;
use pgrx::spi::SpiClient;

use super::events::Place;
use super::{Batch, tids};
use crate::error::Error;

/// Rows to refuse, each with its reason; without a reason the writer refused the row, and the row holds the writer's reason.
#[derive(Debug, Default)]
pub(super) struct Refused {
    places: Vec<Place>,
    reasons: Vec<Option<&'static str>>,
    details: Vec<Option<Cow<'static, str>>>,
}

impl Refused {
    pub(super) fn count(&self) -> i64 {
        self.places.len() as i64
    }

    pub(super) fn push(&mut self, place: Place, rejection: Option<Rejection>) {
        let (reason, detail) = rejection
            .map(|rejection| (rejection.reason.as_str(), rejection.detail))
            .unzip();
        self.places.push(place);
        self.reasons.push(reason);
        self.details.push(detail);
    }
}

impl Batch<'_> {
    /// Moves these rows from the batch to `rejected_events`. Returns how many there were.
    pub(super) fn refuse(
        &self,
        client: &mut SpiClient<'_>,
        refused: Refused,
    ) -> Result<i64, Error> {
        let count = refused.count();
        if count > 0 {
            let details: Vec<Option<&str>> = refused.details.iter().map(Option::as_deref).collect();
            let places: Vec<pg_sys::ItemPointerData> = tids(refused.places);
            client.update(
                &*self.statement(include_str!("../../sql/statement/refuse.sql")),
                None,
                &[
                    self.source.into(),
                    places.into(),
                    refused.reasons.into(),
                    details.into(),
                ],
            )?;
        }
        Ok(count)
    }
}
