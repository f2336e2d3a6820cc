//! What one part of the window needs to know.

use crate::{
    calendar::Micros,
    data::Dataset,
    page::{Page, State},
    saved::SavedViews,
    source::Latest,
};

/// What one part of the window needs to know.
pub(super) struct Inputs<'a> {
    pub(super) state: &'a State,
    /// Events by day, whatever is shown.
    pub(super) data: &'a Dataset,
    /// What the charts and the table show.
    pub(super) shown: &'a Dataset,
    pub(super) page: Option<&'a Page>,
    pub(super) latest: &'a Latest,
    pub(super) saved: &'a SavedViews,
    pub(super) now: Micros,
    /// The dark theme is on screen.
    pub(super) dark: bool,
}
