//! What one part of the window needs to know.

use crate::{
    model::{board::Board, data::Dataset, day::Micros},
    source::Latest,
    state::State,
};

/// What one part of the window needs to know.
pub(super) struct Scene<'a> {
    pub(super) state: &'a State,
    /// Events by day, whatever is shown.
    pub(super) data: &'a Dataset,
    /// What the charts and the table show.
    pub(super) shown: &'a Dataset,
    pub(super) board: Option<&'a Board>,
    pub(super) latest: &'a Latest,
    pub(super) now: Micros,
}
